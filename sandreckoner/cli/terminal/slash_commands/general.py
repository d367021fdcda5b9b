"""/help, /edit, /quit."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from sandreckoner.cli.terminal.context import Context
from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from sandreckoner.cli.terminal.slash_commands import Command

_KEYS = (
    ("Enter", "ask"),
    ("Alt-Enter", "a new line; pasted lines stay together"),
    ("Alt-X", "the last answer with every digit"),
    ("Ctrl-R", "search the history of questions"),
    ("Ctrl-C", "stop what is being written and keep it; twice: at once"),
    ("Ctrl-D", "leave"),
)


def show_help(context: Context, table: Mapping[str, Command]) -> None:
    """List every command and key."""
    context.say("A line that begins with / is a command; everything else is a question.\n")
    rows = Table(box=None, show_header=False, pad_edge=False)
    rows.add_column(no_wrap=context.style.console.width > 90)
    rows.add_column()
    for name, command in table.items():
        rows.add_row(f"/{name} {command.usage}".rstrip().replace("[", r"\["), command.description)
    rows.add_row("", "")
    for key, says in _KEYS:
        rows.add_row(key, says)
    context.style.console.print(rows)


def edit(context: Context, words: str) -> str | None:
    """Write a question in the user's editor."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "question.md"
        path.write_text(words, encoding="utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(path)], check=True)  # noqa: S603  # the user's own choice
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, ValueError, subprocess.CalledProcessError) as fault:
            raise UsageError(f"the editor {editor!r} failed ({fault}); set EDITOR to another") from None
    if not text:
        context.say("nothing was written", "dim")
        return None
    context.say(text, "dim")
    return text


def leave(context: Context, words: str) -> None:
    """Leave the terminal."""
    raise EOFError
