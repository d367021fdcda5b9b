"""`reckon models`: what can be used here, what the others need; `reckon models pull`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from sandreckoner.cli import ANSWERED
from sandreckoner.llms import model_rows, pull
from sandreckoner.llms.catalogue import weights_of
from sandreckoner.llms.listing import ModelRow

_STAGES = {
    "waiting": "another process is fetching it",
    "hub": "fetching",
    "packages": "fetching",
    "file": "copying",
    "checking": "checking",
}


def command(arguments: argparse.Namespace) -> int:
    """List the models, or fetch one."""
    if arguments.action == "pull" and arguments.name == "minilm":
        return _pull_embedder()
    if arguments.action == "pull":
        return _pull(arguments.name, Path(arguments.file) if arguments.file else None)
    table = Table(box=None, pad_edge=False)
    for heading in ("", "model", "what it is", "to use it"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "model")
    for row in model_rows():
        table.add_row("[green]●[/]" if row.usable else "[dim]○[/]", row.spec, row.title, _needs(row))
    Console().print(table)
    return ANSWERED


def _needs(row: ModelRow) -> str:
    return ": ".join(part for part in (row.missing, row.command) if part)


def _pull_embedder() -> int:
    from sandreckoner.tools.retrieval.minilm import load_minilm, minilm_folder

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    load_minilm(report=say)
    say(f"minilm is ready: {minilm_folder()}")
    return ANSWERED


def _pull(name: str, source: Path | None) -> int:
    weights = weights_of(name)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(name, total=weights.bytes)
        said = False

        def show(stage: str, done: int, total: int) -> None:
            nonlocal said
            if not said:
                said = True
                console.print(f"{name}: {total / 1e6:,.0f} MB, {weights.licence}, once", highlight=False)
            progress.update(bar, description=_STAGES.get(stage, stage), completed=done, total=total)

        path = pull(name, source=source, on_progress=show)
        fetched = said
    if fetched:
        console.print(f"{name} is ready: {path}", highlight=False, soft_wrap=True)
    return ANSWERED
