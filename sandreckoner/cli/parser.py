"""The command line's words. Imports argparse and nothing else: `--help` must be quick."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn, TypeAlias

from sandreckoner.cli.commands.ask_options import add_questions, add_terminal
from sandreckoner.cli.commands.eval_options import add_batch, add_eval, add_export
from sandreckoner.cli.commands.index_options import add_index
from sandreckoner.cli.commands.run_options import add_runs

_EPILOG = """\
examples:
  reckon                      (the terminal; reckon -c goes on with the last session)
  reckon ask "What is 17 % of 2,340?"
  reckon ask "By how much did net sales grow?" --docs reports/
  reckon ask "…" --strategy "once(cot, temperature=0.7)" --model openai:gpt-5-mini --json
  cat note.txt | reckon ask "What does it add up to?"
  reckon index add reports/ && reckon ask "…" --index documents
  reckon models pull qwen2.5-coder-1.5b

exit codes: 0 answered, 1 error, 2 usage, 3 budget spent, 4 no answer, 5 sandbox refused, 130 interrupted
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; `command` in the result is the function to call with it."""
    return make_parser().parse_args(argv)


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser: argparse.ArgumentParser = _Parser(
        prog="reckon",
        description="Questions with numbers in them: a model writes the computation, a sandbox runs it, "
        "the answer says where every number came from.",
        epilog=_EPILOG,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and leave")
    add_terminal(parser, _later)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    add_questions(commands, _later, _Formatter)
    _strategies(commands)
    _models(commands)
    add_index(commands, _later("index"), _Formatter)
    _doctor(commands)
    add_runs(commands, _later, _Formatter)
    _completion(commands)
    _mcp(commands)
    add_eval(commands, _later("eval"), _Formatter)
    add_batch(commands, _later("batch"), _Formatter)
    add_export(commands, _later("export"), _Formatter)
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the nearest word that there is."""

    def error(self, message: str) -> NoReturn:
        from sandreckoner.core.errors import UsageError

        raise UsageError(f"{_with_hint(message)}; `{self.prog} --help` has examples")


def _with_hint(message: str) -> str:
    """What argparse says of a choice that is none, made shorter."""
    import difflib
    import re

    found = re.search(r"invalid choice: '?(.*?)'? \(choose from (.*)\)", message)
    if found is None:
        return message
    known = re.findall(r"[\w-]+", found[2])
    near = difflib.get_close_matches(found[1], known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"no {message.split(':')[0].removeprefix('argument ').lower()} {found[1]!r}: {hint}"


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal. argparse would ask shutil, which imports zlib, bz2 and lzma."""

    def __init__(self, prog: str) -> None:
        try:
            width = os.get_terminal_size().columns
        except OSError:
            width = 100
        super().__init__(prog, width=max(40, min(width, 120) - 2))


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from sandreckoner import __version__

        print(f"reckon {__version__}")
        parser.exit()


def _later(module: str) -> Callable[[argparse.Namespace], int]:
    """The `command` of a module of this room, imported only when it is called."""

    def call(arguments: argparse.Namespace) -> int:
        code: int = import_module(f"sandreckoner.cli.commands.{module}").command(arguments)
        return code

    return call


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _strategies(commands: Commands) -> None:
    strategies = commands.add_parser("strategies", help="the names that --strategy knows")
    strategies.set_defaults(command=_later("strategies"))


def _models(commands: Commands) -> None:
    models = commands.add_parser("models", help="what can be used here, and what the others need")
    models.set_defaults(command=_later("models"), action="list", name=None, file=None)
    actions = models.add_subparsers(metavar="ACTION")
    pull = actions.add_parser("pull", help="fetch an embedded model, once; it is checked before use")
    pull.add_argument("name", help="qwen2.5-coder-1.5b, qwen2.5-coder-0.5b or minilm")
    pull.add_argument("--file", help="take it from this file instead of the network")
    pull.set_defaults(action="pull")


def _doctor(commands: Commands) -> None:
    doctor = commands.add_parser("doctor", help="which walls of the sandbox stand here, and what is missing")
    doctor.set_defaults(command=_later("doctor"))


def _completion(commands: Commands) -> None:
    completion = commands.add_parser(
        "completion", help="a script that completes these commands in your shell"
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    completion.set_defaults(command=_later("completion"))


def _mcp(commands: Commands) -> None:
    mcp = commands.add_parser(
        "mcp", help="serve the sandbox and the search of documents to an MCP client, on stdin and stdout"
    )
    mcp.add_argument(
        "--docs", action="append", default=[], metavar="PATH", help="a document or a folder; repeatable"
    )
    mcp.add_argument(
        "--accept-uncontained", action="store_true", help="serve even where nothing would hold a program"
    )
    mcp.set_defaults(command=_later("mcp"))
