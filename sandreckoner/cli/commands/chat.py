"""`reckon` alone, and `reckon chat`: the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.cli.shell import ANSWERED
from sandreckoner.core.errors import UsageError

_EXAMPLES = """\
examples:
  reckon                          the same as reckon chat
  reckon --docs reports/ --model openai:gpt-5-mini
  reckon -c                       go on with the last session
  reckon --session audit          go on with that one, or begin it

keys: Enter asks, Alt-Enter makes a new line, Ctrl-R searches what was asked before, Ctrl-C stops a question
and keeps what there is, Ctrl-D leaves.
"""


def _complete_session(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from sandreckoner.cli.terminal.session_files import saved_sessions

    return [path.stem for path in saved_sessions() if path.stem.startswith(incomplete)]


def terminal_options(section: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of the terminal, under a heading: `reckon` alone takes them too."""
    own: dict[str, Any] = {"cls": options.SectionOption, "section": section}
    return options.stacked(
        click.option("-c", "--continue", "go_on", is_flag=True, help="Go on with the last session.", **own),
        click.option(
            "--session",
            metavar="NAME",
            shell_complete=_complete_session,
            help="Open this session, or begin it.",
            **own,
        ),
        click.option("--plain", is_flag=True, help="No boxes and no redrawing, for screen readers.", **own),
        click.option(
            "-m", "--model", shell_complete=options.complete_model, help="The model, for this session.", **own
        ),
        click.option(
            "-s",
            "--strategy",
            shell_complete=options.complete_strategy,
            help="The strategy, for this session.",
            **own,
        ),
        click.option(
            "--docs",
            multiple=True,
            metavar="PATH",
            type=click.Path(),
            help="A document or a folder; repeatable.",
            **own,
        ),
        options.sampling("Sampling" if section == "Options" else section),
        options.budget("Budget of each question" if section == "Options" else section),
    )


@click.command(
    "chat", cls=Command, examples=_EXAMPLES, short_help="open the terminal, as `reckon` alone does"
)
@terminal_options("Options")
@click.pass_context
def command(ctx: click.Context, /, **_: object) -> int:
    """Talk to programs: their variables stay, /run inspects them, /undo takes a turn and its variables
    back, /tree shows how an answer came about. Sessions are saved as they happen. /help lists the commands.
    """
    return open_terminal(ctx)


def open_terminal(ctx: click.Context) -> int:
    """Open the terminal with the options of this context and stay until the user leaves."""
    from sandreckoner.chains.spec import parse_strategy
    from sandreckoner.cli.render.console_style import make_style
    from sandreckoner.cli.terminal.context import Context
    from sandreckoner.cli.terminal.loop import converse
    from sandreckoner.cli.terminal.reader import make_reader
    from sandreckoner.cli.terminal.session import Session
    from sandreckoner.llms.load import load_early

    given = ctx.params
    session = Session.open(_session_path(given["session"], go_on=given["go_on"]))
    settings = options.settings_of(given)
    spec = options.sampled(settings.strategy, given)
    parse_strategy(spec)
    if spec != settings.strategy:
        settings = settings.changed({"strategy": spec}, "option, with --temperature and the like")
    style = make_style(plain=given["plain"] or not sys.stdout.isatty(), background=settings.background)
    context = Context(style, settings, session)
    load_early(context.settings.model, context.settings)  # while the user types
    try:
        session.begin_with(_documents(given["docs"]))
        code = converse(context, make_reader(context))
    finally:
        context.close()
    return ANSWERED if sys.stdin.isatty() else code  # at a keyboard a person has seen what failed


def _session_path(name: str | None, *, go_on: bool) -> Path:
    from sandreckoner.cli.terminal.session_files import last_session, new_path, session_path

    if name and go_on:
        raise UsageError("--continue opens the last session and --session that one; name one of them")
    if name:
        return session_path(name)
    return last_session() if go_on else new_path()


def _documents(paths: tuple[str, ...]) -> list[str]:
    found = [str(Path(path).expanduser().resolve()) for path in paths]
    for path in found:
        if not Path(path).exists():
            raise UsageError(f"--docs {path}: there is no such file or folder")
    return found
