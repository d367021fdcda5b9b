"""`reckon doctor`: which walls stand here, and whether the embedded model can run."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

import click

from sandreckoner.cli import ANSWERED, ERROR
from sandreckoner.cli.command_line import Command
from sandreckoner.core.errors import SandreckonerError

if TYPE_CHECKING:
    from rich.console import Console

_EXAMPLES = """\
examples:
  reckon doctor
  reckon doctor && reckon ask "What is 6 * 7?"
"""


@click.command(
    "doctor",
    cls=Command,
    examples=_EXAMPLES,
    short_help="which walls of the sandbox stand here, and what is missing",
)
def command() -> int:
    """Show what stands and what is missing; exit with 1 where programs would not be contained."""
    from sandreckoner import __version__
    from sandreckoner.cli.render.console_style import make_console

    console = make_console()
    console.soft_wrap = True
    console.print(f"sandreckoner {__version__}, Python {platform.python_version()}, {platform.platform()}")
    contained = _walls(console)
    _models(console)
    return ANSWERED if contained else ERROR


def _walls(console: Console) -> bool:
    """The walls as they were found, and whether they contain a hostile program."""
    from rich.markup import escape

    from sandreckoner.tools.python import Walls, probe

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
    import ctypes.util

    from rich.markup import escape

    from sandreckoner.llms import model_rows

    console.print("\n[bold]embedded model[/]")
    if sys.platform == "linux" and ctypes.util.find_library("gomp") is None:
        console.print(
            "  [red]missing[/] the system library libgomp; install it (on Debian: apt install libgomp1)"
        )
    for row in model_rows():
        if row.spec.startswith(("local", "llamacpp:")):
            mark = "[green]ready  [/]" if row.usable else "[yellow]missing[/]"
            console.print(f"  {mark} {row.spec:30} {escape(row.command or row.title)}")
    console.print(f"  {_kernels()}", markup=False)


def _kernels() -> str:
    """Which kernels the embedded model computes with, and what would bring faster ones."""
    from sandreckoner.llms.local.cpu_kernels import kernel_file, reason_against

    if kernel_file().is_file():
        return "kernels: compiled for this processor"
    why = reason_against() or "`reckon models pull` compiles faster ones, once"
    return f"kernels: those of the wheel; {why}"
