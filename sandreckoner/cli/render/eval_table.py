"""The table of an evaluation on a terminal: the columns that fit, the rest below each row."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from sandreckoner.evals.report.results_table import StrategyRow, cells

_FIRST = ("strategy", "right", "accuracy, 95 %", "difference, 95 %", "calls", "p50 s")


def print_table(rows: Sequence[StrategyRow]) -> None:
    """Two tables: how well, and at what price."""
    console = Console()
    shown = [cells(row) for row in rows]
    if not shown:
        console.print("no records")
        return
    rest = ("strategy", *(name for name in shown[0] if name not in _FIRST))
    for names in (_FIRST, rest):
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in names:
            left = name == "strategy"
            table.add_column(name, justify="left" if left else "right", overflow="fold")
        for line in shown:
            table.add_row(*(line[name] for name in names))
        console.print(table, markup=False)
        console.print()
