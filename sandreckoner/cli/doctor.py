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
from sandreckoner.tools.python import Sandbox, Walls

_SAYS = {
    "language": "programs are compiled under a policy: no imports but ours, no reflection",
    "rlimits": "CPU, memory, descriptors and processes are limited",
    "identity": "a user that owns nothing, or no capabilities; no new privileges",
    "seccomp": "an allow-list of system calls",
    "landlock": "no file but the interpreter's own can be read, none written, no address reached",
    "mounts": "a file system of its own, read-only",
    "network": "a network of its own, empty",
    "pids": "it sees no other process, and its processes end with it",
}


def command(arguments: argparse.Namespace) -> int:
    """Say what stands and what is missing; 1 where programs would not be contained."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"sandreckoner {__version__}, Python {platform.python_version()}, {platform.platform()}")
    contained = _walls(console)
    _models(console)
    return ANSWERED if contained else ERROR


def _walls(console: Console) -> bool:
    console.print("\n[bold]sandbox[/] (probed by starting one)")
    try:
        with Sandbox(accept_uncontained=True) as sandbox:
            execution = sandbox.run("6 * 7")
            walls = sandbox.walls
    except SandreckonerError as fault:
        console.print(f"  [red]it does not start:[/] {escape(str(fault))}")
        return False
    for wall in Walls.ALL:
        name = str(wall.name).lower()
        mark = "[green]stands [/]" if wall in walls else "[red]missing[/]"
        console.print(f"  {mark} {name:9} {_SAYS[name]}")
    works = execution.value == 42
    contained = works and Walls.KERNEL in walls
    console.print(
        "  programs run, and are [green]contained[/]"
        if contained
        else "  programs run, but are [red]not contained[/]: a hostile one could get out"
        if works
        else f"  [red]programs do not run:[/] {escape(str(execution.error))}"
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
