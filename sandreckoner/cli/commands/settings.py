"""`reckon settings`: every setting, its value, and where it came from."""

from __future__ import annotations

import json

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command

_EXAMPLES = """\
examples:
  reckon settings
  RECKON_CALLS=5 reckon settings
  reckon settings --json | jq '.settings[] | select(.name == "model")'

order: option, environment (RECKON_MODEL and so on), sandreckoner.toml in this folder, your own file, default
"""


@click.command(
    "settings", cls=Command, examples=_EXAMPLES, short_help="every setting, and where its value came from"
)
@options.as_json
def command(*, as_json: bool) -> int:
    """Show every setting that holds in this folder, with its value and its origin; a key is shown as set."""
    from sandreckoner.settings.settings_model import described
    from sandreckoner.settings.user_settings import project_file, user_file

    rows, says = options.settings_of({}).rows(), described()
    if as_json:
        listed = [{"name": name, "value": value, "origin": origin} for name, value, origin in rows]
        print(json.dumps({"version": 1, "settings": listed}, indent=2))
        return 0
    from rich.table import Table

    from sandreckoner.cli.render.console_style import make_console

    console = make_console()
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value, origin in rows:
        table.add_row(name, value or "–", origin, says.get(name, ""))
    console.print(table, markup=False)
    for whose, path in (("your own", user_file()), ("the project's", project_file())):
        there = "" if path.exists() else " (not there)"
        console.print(f"{whose} file: {path}{there}", style="dim", markup=False, soft_wrap=True)
    return 0
