"""`reckon sessions`: the conversations that are kept."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command

if TYPE_CHECKING:
    from sandreckoner.cli.terminal.session import Session

_EXAMPLES = """\
examples:
  reckon sessions
  reckon --session audit            go on with one of them
  reckon show audit                 what was done in it
"""


@click.command("sessions", cls=Command, examples=_EXAMPLES, short_help="the conversations that are kept")
@click.option(
    "-n", "--limit", type=int, default=20, help="At most so many, the last used first (default 20)."
)
@options.as_json
def command(limit: int, *, as_json: bool) -> int:
    """List the sessions of the terminal, the last used first, each with its last question and answer."""
    from rich.table import Table
    from rich.text import Text

    from sandreckoner.cli.render.console_style import make_console
    from sandreckoner.cli.terminal.session_files import saved_sessions
    from sandreckoner.cli.terminal.turn_view import brief

    rows = [(path, _read(path)) for path in saved_sessions()[:limit]]
    if as_json:
        print(json.dumps({"version": 1, "sessions": [_object(path, session) for path, session in rows]}))
        return 0
    console = make_console()
    table = Table(box=None, show_header=False, pad_edge=False)
    for path, session in rows:
        last = session.turns[-1:] if session else []
        says = brief(last[0]) if last else "nothing was asked" if session else "damaged"
        count = str(len(session.turns)) if session else ""
        table.add_row(Text(path.stem), _when(path), count, Text(says))
    console.print(table)
    said = "reckon -c goes on with the first, reckon --session NAME with another"
    console.print(said if rows else "none is kept yet; `reckon` begins one", style="dim")
    return 0


def _read(path: Path) -> Session | None:
    from sandreckoner.cli.terminal.session import Session
    from sandreckoner.core.errors import JournalError

    try:
        return Session(path)
    except JournalError:
        return None


def _when(path: Path) -> str:
    return datetime.datetime.fromtimestamp(path.stat().st_mtime).strftime("%Y-%m-%d %H:%M")


def _object(path: Path, session: Session | None) -> dict[str, object]:
    turns = session.turns if session else []
    return {
        "name": path.stem,
        "changed": _when(path),
        "turns": len(turns),
        "documents": session.docs if session else [],
        "last": turns[-1].question if turns else None,
    }
