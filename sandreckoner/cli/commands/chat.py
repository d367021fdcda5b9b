"""`reckon` alone, and `reckon chat`: the terminal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandreckoner.cli import ANSWERED
from sandreckoner.cli.layered_settings import Settings
from sandreckoner.cli.render.console_style import make_style
from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.loop import converse
from sandreckoner.cli.terminal.reader import make_reader
from sandreckoner.cli.terminal.session import Session, last_session, new_name, session_path
from sandreckoner.core.errors import UsageError


def command(arguments: argparse.Namespace) -> int:
    """Open the terminal and stay until the user leaves."""
    session = Session(_path(arguments))
    settings = Settings(vars(arguments))
    settings.restore(session.settings)
    style = make_style(
        plain=arguments.plain or not sys.stdout.isatty(), background=settings.text("background")
    )
    context = Context(style, settings, session)
    try:
        if arguments.docs:
            session.set_docs(_documents(arguments.docs, session.docs))
        converse(context, make_reader(context))
    finally:
        context.close()
    return ANSWERED


def _path(arguments: argparse.Namespace) -> Path:
    if arguments.session:
        return session_path(arguments.session)
    return last_session() if arguments.go_on else session_path(new_name())


def _documents(paths: list[str], known: list[str]) -> list[str]:
    found = [str(Path(path).expanduser().resolve()) for path in paths]
    for path in found:
        if not Path(path).exists():
            raise UsageError(f"--docs {path}: there is no such file or folder")
    return list(dict.fromkeys([*known, *found]))
