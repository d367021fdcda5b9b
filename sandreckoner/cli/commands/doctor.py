"""`reckon doctor`: which walls stand here, and whether the embedded model can run."""

from __future__ import annotations

import argparse
import ctypes.util
import platform
import sys

from rich.console import Console
from rich.markup import escape

from sandreckoner import __version__
from sandreckoner.cli import ANSWERED, ERROR
from sandreckoner.core.errors import SandreckonerError
from sandreckoner.llms import model_rows
from sandreckoner.tools.python import Walls, probe


def command(arguments: argparse.Namespace) -> int:
    """Say what stands and what is missing; 1 where programs would not be contained."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"sandreckoner {__version__}, Python {platform.python_version()}, {platform.platform()}")
    contained = _walls(console)
    _models(console)
    return ANSWERED if contained else ERROR


def _walls(console: Console) -> bool:
    """The walls as they were found, and whether they contain a hostile program."""
    console.print("\n[bold]sandbox[/] (probed by starting one)")
    try:
        reports = probe()
    except SandreckonerError as fault:
        console.print(f"  [red]it does not start:[/] {escape(str(fault))}")
        return False
    for report in reports:
        name = str(report.wall.name).lower()
        advice = "" if report.stands else f"; {report.advice}"
        mark = "[green]stands [/]" if report.stands else "[red]missing[/]"
        console.print(f"  {mark} {name:9} {escape(report.meaning + advice)}")
    contained = all(report.stands for report in reports if report.wall in Walls.KERNEL)
    console.print(
        "  programs run, and are [green]contained[/]"
        if contained
        else "  programs run, but are [red]not contained[/]: a hostile one could get out"
    )
    return contained


def _models(console: Console) -> None:
    console.print("\n[bold]embedded model[/]")
    if sys.platform == "linux" and ctypes.util.find_library("gomp") is None:
        console.print(
            "  [red]missing[/] the system library libgomp; install it (on Debian: apt install libgomp1)"
        )
    for row in model_rows():
        if row.spec.startswith(("local", "llamacpp:")):
            mark = "[green]ready  [/]" if row.usable else "[yellow]missing[/]"
            console.print(f"  {mark} {row.spec:30} {escape(row.command or row.title)}")
