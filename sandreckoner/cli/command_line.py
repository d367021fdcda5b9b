"""How `reckon` reads its command line: click, with commands that are found in a folder and imported late.

A file in `commands/` that holds a `click.Command` named `command` is a command; the file's name is its name.
"""

from __future__ import annotations

import os
import pkgutil
import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from sandreckoner.cli import commands
from sandreckoner.core.errors import UsageError

# With these a question begins, though one of them is near a command's name.
_BEGINNINGS = frozenset(
    [
        "what",
        "how",
        "which",
        "who",
        "when",
        "where",
        "why",
        "is",
        "are",
        "does",
        "do",
        "did",
        "was",
        "were",
        "by",
        "in",
        "if",
    ]
)
_HELP = {"help_option_names": ["-h", "--help"]}


class _Page(click.Command):
    """What commands and groups of commands have in common: help as wide as the terminal, with examples."""

    def __init__(self, name: str | None, *, examples: str = "", **rest: Any) -> None:
        super().__init__(name, context_settings={**_HELP, "terminal_width": _width()}, **rest)
        self._examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are, without wrapping."""
        if self._examples:
            formatter.write(f"\n{self._examples}")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by section; those without one come first."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if isinstance(param, click.Option) and record is not None:
                sections.setdefault(getattr(param, "section", "Options"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as fault:
            refuse(fault, ctx)


class Command(_Page):
    """A command of `reckon`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._texts_behind_options(args))

    def _texts_behind_options(self, args: list[str]) -> list[str]:
        """Take an argument like "-5 + 3 = ?" for the text that it is: put all arguments after `--`."""
        if not any(_is_text(word) for word in args):
            return args
        options, texts, left = [], [], list(args)
        valued = [
            name for param in self.params if not getattr(param, "is_flag", False) for name in param.opts
        ]
        while left:
            word = left.pop(0)
            if word == "--":
                texts += left
                break
            if not word.startswith("-") or word == "-" or _is_text(word):
                texts.append(word)
                continue
            options.append(word)
            options += [left.pop(0)] if word in valued and left else []
        return [*options, "--", *texts]


class Group(_Page, click.Group):
    """A command with actions, such as `reckon index add`."""

    command_class = Command
    noun = "action"

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the actions."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the action; the fault names the nearest one."""
        known = self.list_commands(ctx)
        if args[0] not in known and not ctx.resilient_parsing:
            raise UsageError(f"no {self.noun} {args[0]!r}: {nearest(args[0], known)}{_see(ctx)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as fault:
            refuse(fault, ctx)


class CommandFolder(Group):
    """The group whose commands are the files of `sandreckoner.cli.commands`."""

    noun = "command"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] in (["help"], ["version"]):
            args = [*args[1:], f"--{args[0]}"]
        return super().parse_args(ctx, self._as_question(ctx, args))

    def _as_question(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `ask` before a sentence that stands in place of a command, in quotes or without."""
        options: list[str] = []
        words: list[str] = []
        left, known = list(args), self.list_commands(ctx)
        while left and not (words and words[0] in known):
            word = left.pop(0)
            if word.startswith("-") and word != "-" and not _is_text(word):
                options.append(word)
                options += [left.pop(0)] if word in self._valued(ctx) and left else []
            else:
                words.append(word)
        if not words or words[0] in known:
            return args
        if len(words) == 1:
            return ["ask", *options, *words] if " " in words[0].strip() else args
        begins = words[0].lower() in _BEGINNINGS or not _nearest(words[0], known)
        is_sentence = len(words) > 2 and " " not in "".join(words) and begins
        return ["ask", *options, " ".join(words)] if is_sentence else args

    def _valued(self, ctx: click.Context) -> set[str]:
        """The options of `ask` that take a value."""
        ask = self.get_command(ctx, "ask")
        given = [param for param in ask.params if not getattr(param, "is_flag", False)] if ask else []
        return {name for param in given for name in param.opts}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the files."""
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = import_module(f"{commands.__name__}.{cmd_name}").command
        return found


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint for a word that is not known."""
    near = _nearest(word, known)
    return f"did you mean {near}?" if near else f"there are {', '.join(known)}"


def _nearest(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word.lower(), known, 1)), "")


def refuse(fault: click.UsageError, ctx: click.Context) -> NoReturn:
    """Raise what click found wrong as one line that says how to fix it."""
    raise UsageError(f"{_reason(fault)}{_see(fault.ctx or ctx)}") from None


def _reason(fault: click.UsageError) -> str:
    if isinstance(fault, click.NoSuchOption):
        known = [name for param in fault.cmd.params for name in param.opts] if fault.cmd else []
        return f"no option {fault.option_name}: {nearest(fault.option_name, known)}"
    if isinstance(fault, click.MissingParameter) and fault.param:
        return f"{fault.param.human_readable_name} is missing"
    if isinstance(fault, click.BadParameter) and fault.param:
        name = fault.param.opts[-1] if isinstance(fault.param, click.Option) else fault.param.name
        if isinstance(kind := fault.param.type, click.Choice):
            word = fault.message.split("'")[1]
            return f"no {name} {word!r}: {nearest(word, [str(choice) for choice in kind.choices])}"
        said = fault.message.rstrip(".")
        for python, plain in (
            ("integer range", "whole number"),
            ("integer", "whole number"),
            ("float", "number"),
        ):
            said = said.replace(f"a valid {python}", f"a {plain}")
        said = re.sub(r"not in the range (\S+)<=x<=(\S+)", r"not between \1 and \2", said)
        said = re.sub(r"not in the range x>=(\S+)", r"less than \1", said)
        return f"{name}: {said}"
    message = fault.format_message().rstrip(".")
    return message[:1].lower() + message[1:]


def _see(ctx: click.Context) -> str:
    return f"; `{ctx.command_path} --help` has examples"


def _is_text(word: str) -> bool:
    """Whether a word that begins with a dash is a number or a sentence and no option."""
    return word[:1] == "-" and (word[1:2].isdigit() or " " in word.partition("=")[0])


def _width() -> int:
    try:
        width = os.get_terminal_size().columns
    except OSError:
        width = 100
    return max(40, min(width, 120) - 2)
