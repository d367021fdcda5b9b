"""`reckon log`: everything that was asked, newest first."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.cli.shell import ANSWERED

_EXAMPLES = """\
examples:
  reckon log
  reckon log -s "net sales"         those whose question or answer holds both words
  reckon show 12                    what was done for an entry
  reckon replay 12                  its answer again: no model, no sandbox, no network

`log = "off"` in the settings, or RECKON_LOG=off, keeps nothing.
"""


@click.command("log", cls=Command, examples=_EXAMPLES, short_help="everything that was asked, newest first")
@click.option("-s", "--search", default="", metavar="WORDS", help="Only those that hold all of these words.")
@click.option("-n", "--limit", type=int, default=20, help="At most so many (default 20).")
@options.as_json
def command(search: str, limit: int, *, as_json: bool) -> int:
    """List what was asked here, in the terminal and with `reckon ask`, with the answers."""
    from rich.table import Table
    from rich.text import Text

    from sandreckoner.cli.question_log import entries
    from sandreckoner.cli.render.blocks import one_line
    from sandreckoner.cli.render.console_style import make_console
    from sandreckoner.cli.render.readable import readable

    found = entries(search, limit)
    if as_json:
        print(json.dumps({"version": 1, "entries": [asdict(entry) for entry in found]}, indent=2))
        return ANSWERED
    table = Table(box=None, show_header=False, pad_edge=False)
    for entry in found:
        answer = readable(entry.answer, entry.question) if entry.answer is not None else entry.status
        said = f"{one_line(entry.question, 60)} → {one_line(answer, 30)}"
        table.add_row(str(entry.id), entry.at[:16], Text(said))
    console = make_console()
    console.print(table if found else "nothing is in the log")
    return ANSWERED
