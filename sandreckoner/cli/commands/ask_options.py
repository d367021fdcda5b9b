"""The words of `reckon ask`, and of the terminal. Imports argparse and nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

from sandreckoner.cli.commands.budget_options import add_budget

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Later: TypeAlias = Callable[[str], Callable[[argparse.Namespace], int]]

_ASK = """\
Answer one question: a model writes a program, the sandbox runs it, and each number that reaches the answer is
shown with its source. The answer alone goes to stdout, everything else to stderr.
"""
_ASK_EXAMPLES = """\
examples:
  reckon ask "What is 17 % of 2,340?"
  reckon ask "By how much did net sales grow?" --docs reports/ --require-sources
  reckon ask "Which plan is cheaper?" --strategy "sc(cot, n=5)" --calls 10 --model openai:gpt-5-mini
  cat note.txt | reckon ask "What does it add up to?" --json | jq -r .answer
  reckon ask "What is 6 * 7?" --journal run.jsonl && reckon show run.jsonl

settings: what no option says comes from RECKON_MODEL, RECKON_STRATEGY and so on, then from sandreckoner.toml
in this folder, then from sandreckoner/settings.toml below $XDG_CONFIG_HOME (~/.config).

exit codes: 0 answered, 1 error, 2 usage, 3 budget spent, 4 no answer, 5 sandbox refused, 130 interrupted
"""
_CHAT = """\
A conversation with programs: their variables stay, /run looks at them, /undo takes a turn and its variables
back, /tree shows how an answer came about. Sessions are saved as they happen. /help lists the commands.
"""
_CHAT_EXAMPLES = """\
examples:
  reckon                          the same as reckon chat
  reckon --docs reports/ --model openai:gpt-5-mini
  reckon -c                       go on with the last session
  reckon --session audit          go on with that one, or begin it

keys: Enter asks, Alt-Enter makes a new line, Ctrl-R looks for what was asked before, Ctrl-C stops a question
and keeps what there is, Ctrl-D leaves.
"""


def add_questions(commands: Commands, later: Later, formatter: type[argparse.HelpFormatter]) -> None:
    """`reckon chat` and `reckon ask`."""
    chat = commands.add_parser(
        "chat",
        help="open the terminal, as `reckon` alone does",
        description=_CHAT,
        epilog=_CHAT_EXAMPLES,
        allow_abbrev=False,
        formatter_class=formatter,
    )
    add_terminal(chat, later)
    ask = commands.add_parser(
        "ask",
        help="answer one question",
        description=_ASK,
        epilog=_ASK_EXAMPLES,
        allow_abbrev=False,
        formatter_class=formatter,
    )
    _add_ask(ask)
    ask.set_defaults(command=later("ask"))


def add_terminal(parser: argparse.ArgumentParser, later: Later) -> None:
    """The options of the terminal, which `reckon` alone opens."""
    terminal = parser.add_argument_group("the terminal, which opens where no command is named")
    again = terminal.add_mutually_exclusive_group()
    again.add_argument(
        "-c", "--continue", dest="go_on", action="store_true", help="go on with the last session"
    )
    again.add_argument("--session", metavar="NAME", help="open this session, or begin it")
    terminal.add_argument(
        "--plain", action="store_true", help="no boxes and no redrawing, for screen readers"
    )
    for name, says in (("--model", "who thinks"), ("--strategy", "how to think")):
        terminal.add_argument(name, help=f"{says}, for this session")
    terminal.add_argument(
        "--docs", action="append", default=[], metavar="PATH", help="a document or a folder; repeatable"
    )
    parser.set_defaults(command=later("chat"))


def _add_ask(ask: argparse.ArgumentParser) -> None:
    ask.add_argument("question", help="the question; what is piped in on stdin is its context")
    ask.add_argument("--strategy", help="how to think, for example cot, pal, 'sc(pal, n=5)'")
    ask.add_argument("--model", help="who thinks, for example local, openai:gpt-5-mini")
    ask.add_argument(
        "--docs", action="append", default=[], metavar="PATH", help="a document or a folder; repeatable"
    )
    ask.add_argument("--index", metavar="NAME", help="what `reckon index add` keeps under that name")
    ask.add_argument(
        "--require-sources",
        action="store_true",
        help="send an answer with an unsourced number back once, then refuse it",
    )
    ask.add_argument("--html", metavar="FILE", help="write the answer with its numbers and their sources")
    ask.add_argument("--json", action="store_true", help="print one JSON object (version 1)")
    ask.add_argument("--jsonl", action="store_true", help="print every event as it happens, the answer last")
    ask.add_argument("--plain", action="store_true", help="no boxes and no redrawing, for screen readers")
    ask.add_argument("--journal", metavar="FILE", help="record the run, for `reckon replay FILE`")
    ask.add_argument("--quiet", action="store_true", help="only the answer, nothing on stderr")
    add_budget(ask, "budget", "when it ends, the best answer so far comes back, marked")
