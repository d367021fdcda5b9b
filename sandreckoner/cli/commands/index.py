"""`reckon index`: documents that are kept, searched and verified."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from sandreckoner.cli import ANSWERED, ERROR, INTERRUPTED, NO_ANSWER
from sandreckoner.cli.render.answer_json import VERSION, passage_object
from sandreckoner.core.effects import Search
from sandreckoner.core.execution import JSON
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.index_registry import existing_index_folder, index_folder, open_index
from sandreckoner.tools.retrieval.indexing import IndexReport
from sandreckoner.tools.retrieval.indexing import Progress as Step
from sandreckoner.tools.retrieval.search import SearchOptions
from sandreckoner.tools.retrieval.verify import repair, verify


def command(arguments: argparse.Namespace) -> int:
    """Do one of the actions."""
    return _ACTIONS[arguments.action](arguments)


def _add(arguments: argparse.Namespace) -> int:
    with open_index(arguments.index, make=True, server=arguments.chroma, report=_warn) as index:
        try:
            with _bar() as step:
                added = index.add(arguments.paths, progress=step)
        except KeyboardInterrupt:
            _warn(f"interrupted; {len(index.documents)} documents are kept, the same command goes on")
            return INTERRUPTED
    for line in added.failed:
        _warn(line)
    if arguments.json:
        _print(arguments, **dataclasses.asdict(added))
    else:
        print(_summary(added))
    return ERROR if added.failed and not (added.read or added.unchanged) else ANSWERED


def _summary(added: IndexReport) -> str:
    parts = [f"{len(added.read)} read", f"{len(added.unchanged)} unchanged"]
    parts += [f"{len(added.removed)} removed"] if added.removed else []
    parts += [f"{len(added.failed)} not readable"] if added.failed else []
    return f"{', '.join(parts)}; {added.embedded:,} passages embedded"


def _list(arguments: argparse.Namespace) -> int:
    with Index(existing_index_folder(arguments.index)) as index:
        documents = index.documents
    if arguments.json:
        _print(arguments, documents=[dataclasses.asdict(document) for document in documents])
        return ANSWERED
    table = Table(box=None, pad_edge=False)
    for heading, justify in (
        ("document", "left"),
        ("pages", "right"),
        ("passages", "right"),
        ("file", "left"),
    ):
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]  # two of its words
    for document in documents:
        table.add_row(
            Text(document.source),
            f"{document.pages:,}",
            f"{document.chunks:,}",
            Text(document.path, style="dim"),
        )
    Console(highlight=False).print(table)
    return ANSWERED


def _remove(arguments: argparse.Namespace) -> int:
    with open_index(arguments.index, report=_warn) as index:
        gone = index.remove(arguments.documents)
    if arguments.json:
        _print(arguments, removed=list(gone))
    else:
        print("\n".join(f"removed: {source}" for source in gone))
    return ANSWERED


def _search(arguments: argparse.Namespace) -> int:
    options = SearchOptions(sources=tuple(arguments.sources))
    if arguments.words is not None:
        options = dataclasses.replace(options, lexical_weight=arguments.words)
    with open_index(arguments.index, options=options, report=_warn) as index:
        found = index.search(Search(arguments.question, arguments.k))
    if arguments.json:
        passages = [
            {**passage_object(passage), "score": passage.score, "title": passage.title} for passage in found
        ]
        _print(arguments, question=arguments.question, passages=passages)
        return ANSWERED if found else NO_ANSWER
    console = Console(highlight=False)
    for number, passage in enumerate(found, 1):
        place = f"[{number}] {passage.source}, page {passage.page}, {passage.start}-{passage.end}"
        console.print(Text(place, style="bold"), soft_wrap=True)
        console.print(Text(f"{passage.text}\n"), soft_wrap=True)
    if not found:
        _warn("nothing was found")
    return ANSWERED if found else NO_ANSWER


def _verify(arguments: argparse.Namespace) -> int:
    with open_index(arguments.index, report=_warn) as index:
        faults = verify(index)
        lost = repair(index) if arguments.repair else 0
        counts = {
            "documents": len(index.documents),
            "passages": sum(document.chunks for document in index.documents),
        }
        looked_at = "every offset, word and vector" if index.vectors else "every offset and word"
    if arguments.json:
        _print(arguments, sound=not faults, faults=list(faults), to_be_made_anew=lost, **counts)
    else:
        print(
            "\n".join(faults)
            or f"sound: {counts['documents']} documents, {counts['passages']:,} passages, {looked_at}"
        )
    if lost:
        _warn(f"{lost} vectors are made anew by the next `reckon index add`")
    return ERROR if faults else ANSWERED


_ACTIONS = {"add": _add, "list": _list, "remove": _remove, "search": _search, "verify": _verify}


@contextmanager
def _bar() -> Iterator[Step]:
    """A bar on a terminal's stderr that names the document; elsewhere nothing."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("looking for documents", total=None)
        yield lambda name, done, total: progress.update(
            bar, description=name, completed=done, total=total or None
        )


def _print(arguments: argparse.Namespace, **rest: JSON) -> None:
    print(json.dumps({"version": VERSION, "index": str(index_folder(arguments.index)), **rest}, indent=2))


def _warn(line: str) -> None:
    print(f"reckon: {line}", file=sys.stderr)
