"""`reckon strategies`: the names that `--strategy` knows."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from sandreckoner.chains.spec import known_names
from sandreckoner.cli import ANSWERED


def command(arguments: argparse.Namespace) -> int:
    """List the prompting methods, the inference strategies over them, and the agents."""
    console, names = Console(highlight=False), known_names()
    headings = {
        "method": "prompting methods",
        "strategy": "inference strategies over any method",
        "agent": "agents, which choose their steps",
    }
    for kind, heading in headings.items():
        table = Table(box=None, pad_edge=False, show_header=False, title=heading, title_justify="left")
        for name, entry in names.items():
            if entry.kind == kind:
                table.add_row(f"  {name:14}", entry.description)
        console.print(table)
    console.print(
        '\nThey nest: --strategy "sc(rag(pal, k=6), n=5)", --strategy "cascade(direct, pal, sc(pal, n=5))"'
    )
    return ANSWERED
