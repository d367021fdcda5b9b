"""`reckon strategies`: the names that `--strategy` knows."""

from __future__ import annotations

import click

from sandreckoner.cli.command_line import Command

_HEADINGS = {
    "method": "prompting methods",
    "strategy": "inference strategies over any method",
    "agent": "agents, which choose their steps",
}

_EXAMPLES = """\
examples:
  reckon strategies
  reckon ask "What is 6 * 7?" --strategy "sc(pal, n=5)"
"""


@click.command("strategies", cls=Command, examples=_EXAMPLES, short_help="the names that --strategy knows")
def command() -> int:
    """List the prompting methods, the inference strategies over them, and the agents."""
    from rich.table import Table

    from sandreckoner.chains.spec import known_names
    from sandreckoner.cli.render.console_style import make_console

    console, names = make_console(), known_names()
    for kind, heading in _HEADINGS.items():
        table = Table(box=None, pad_edge=False, show_header=False, title=heading, title_justify="left")
        for name, entry in names.items():
            if entry.kind == kind:
                table.add_row(f"  {name:14}", entry.description)
        console.print(table)
    console.print(
        '\nThey nest: --strategy "sc(rag(pal, k=6), n=5)", --strategy "cascade(direct, pal, sc(pal, n=5))"'
    )
    return 0
