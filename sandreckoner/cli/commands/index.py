"""`reckon index`: documents that are kept, searched and verified."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sandreckoner.cli import ANSWERED, ERROR, INTERRUPTED, NO_ANSWER, options
from sandreckoner.cli.command_line import Group
from sandreckoner.cli.faults import warn

if TYPE_CHECKING:
    from sandreckoner.core.execution import JSON
    from sandreckoner.tools.retrieval.indexing import IndexReport
    from sandreckoner.tools.retrieval.indexing import Progress as Step

_EXAMPLES = """\
examples:
  reckon index add reports/ && reckon ask "…" --index documents
  reckon index search "net sales" -k 3 --in "annual*"
  reckon index verify --repair
"""


@click.group(
    "index", cls=Group, examples=_EXAMPLES, no_args_is_help=False, short_help="keep documents, search them"
)
def command() -> None:
    """Keep documents that are asked again and again: read once, found by words and by meaning, brought up to
    date by `reckon index add` without a path. An add that is stopped goes on where it was.
    """


def _action(name: str, help: str, *examples: str) -> Callable[[Callable[..., int]], click.Command]:
    """An action with the options that all of them have."""

    def decorate(function: Callable[..., int]) -> click.Command:
        common = options.stacked(
            click.option(
                "--index",
                default="documents",
                metavar="NAME",
                help="A name, or a folder (default: documents).",
            ),
            options.as_json,
        )
        shown = "".join(f"  {line}\n" for line in ("examples:", *examples)).removeprefix("  ")
        return command.command(name, short_help=help, examples=shown)(common(function))

    return decorate


@_action(
    "add",
    "add files and folders, or what has changed of them",
    "reckon index add reports/ note.md",
    "reckon index add                    what has changed since",
    "reckon index add reports/ --index annual --chroma localhost:8000",
    "reckon index add board/ --label board --label audit",
    "reckon index add --web https://example.com/report.html",
)
@click.argument(
    "paths", nargs=-1, type=click.Path(), metavar="[PATH]...", help="None: all that was ever added."
)
@click.option("--chroma", default="", metavar="HOST:PORT", help="Keep the vectors in a Chroma server.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="LABEL",
    help="Only who has one of these sees them; '' opens them to all.",
)
@click.option("--web", multiple=True, metavar="ADDRESS", help="A page of the web, read once; repeatable.")
@click.option("--private", is_flag=True, help="With --web: it may be on a private network.")
def add(
    paths: tuple[str, ...],
    chroma: str,
    labels: tuple[str, ...],
    web: tuple[str, ...],
    index: str,
    *,
    private: bool,
    as_json: bool,
) -> int:
    """Add files and folders, or what has changed of them."""
    from sandreckoner.tools.retrieval.index_registry import open_index
    from sandreckoner.tools.retrieval.indexing import IndexReport
    from sandreckoner.tools.retrieval.web_page import web_page

    pages = [web_page(address, allow_private=private) for address in web]
    with open_index(index, make=True, server=chroma, report=warn) as opened:
        try:
            with _bar() as step:
                given = [*filter(None, labels)] if labels else None
                added = opened.put(pages, labels=given, progress=step) if pages else IndexReport()
                if paths or not pages:
                    added.extend(opened.add(list(paths), labels=given, progress=step))
        except KeyboardInterrupt:
            warn(f"interrupted; {len(opened.documents)} documents are kept, the same command goes on")
            return INTERRUPTED
    for line in [*added.failed, *added.notes]:
        warn(line)
    if as_json:
        _print(index, **dataclasses.asdict(added))
    else:
        print(_summary(added))
    return ERROR if added.failed and not (added.read or added.unchanged) else ANSWERED


def _summary(added: IndexReport) -> str:
    parts = [f"{len(added.read)} read", f"{len(added.unchanged)} unchanged"]
    parts += [f"{len(added.removed)} removed"] if added.removed else []
    parts += [f"{len(added.failed)} not readable"] if added.failed else []
    return f"{', '.join(parts)}; {added.embedded:,} passages embedded"


@_action(
    "watch",
    "follow folders, and read what changes in them",
    "reckon index watch reports/",
    "reckon index watch --every 60       all that was ever added",
)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...", help="None: all that was added.")
@click.option("--every", default=5.0, metavar="SECONDS", help="Between two looks (default: 5).")
def watch(paths: tuple[str, ...], every: float, index: str, *, as_json: bool) -> int:
    """Follow folders until Ctrl-C, and read what changes in them."""
    from sandreckoner.tools.retrieval.index_registry import open_index
    from sandreckoner.tools.retrieval.watch import updates

    with open_index(index, make=True, report=warn) as opened:
        try:
            for added in updates(opened, paths, every_s=max(0.1, every)):
                for line in [*added.failed, *added.notes]:
                    warn(line)
                if as_json:
                    _print(index, **dataclasses.asdict(added))
                else:
                    print(_summary(added), flush=True)
        except KeyboardInterrupt:
            return INTERRUPTED
    return ANSWERED


@_action(
    "list", "the documents that it holds", "reckon index list", "reckon index list --index annual --json"
)
def list_documents(index: str, *, as_json: bool) -> int:
    """List the documents of an index."""
    from rich.table import Table
    from rich.text import Text

    from sandreckoner.cli.render.console_style import make_console
    from sandreckoner.tools.retrieval.document_index import Index
    from sandreckoner.tools.retrieval.index_registry import existing_index_folder

    with Index(existing_index_folder(index), labels=_labels()) as opened:
        kept, labels = opened.documents, opened.labels
    if as_json:
        _print(index, documents=[dataclasses.asdict(document) for document in kept], labels=dict(labels))
        return ANSWERED
    table = Table(box=None, pad_edge=False)
    for heading in ("document", "pages", "passages", "file"):
        right = heading in ("pages", "passages")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for document in kept:
        table.add_row(
            Text(document.source),
            f"{document.pages:,}",
            f"{document.chunks:,}",
            Text(document.path, style="dim"),
        )
        for line in (*document.notes, *filter(None, [document.fault])):
            table.add_row("", "", "", Text(line, style="yellow"))
    for path, needed in labels.items():
        table.add_row(Text(path), "", "", Text(f"seen with: {', '.join(needed)}", style="dim"))
    make_console().print(table)
    return ANSWERED


def _labels() -> tuple[str, ...] | None:
    """The labels of whoever asks, from the settings."""
    from sandreckoner.settings.user_settings import load_settings

    return load_settings().seen_labels()


@_action("remove", "remove documents", "reckon index remove annual-2023.pdf", "reckon index remove '2023*'")
@click.argument(
    "documents", nargs=-1, required=True, metavar="DOCUMENT...", help="Its name; `2023*` for all such."
)
def remove(documents: tuple[str, ...], index: str, *, as_json: bool) -> int:
    """Remove documents."""
    from sandreckoner.cli.render.console_style import visible
    from sandreckoner.tools.retrieval.index_registry import open_index

    with open_index(index, report=warn) as opened:
        gone = opened.remove(list(documents))
    if as_json:
        _print(index, removed=list(gone))
    else:
        print("\n".join(f"removed: {visible(source)}" for source in gone))
    return ANSWERED


@_action(
    "search",
    "the passages that best fit a question",
    'reckon index search "net sales" -k 3',
    'reckon index search "net sales" --in annual-2024.pdf --words 0.8 --json',
)
@click.argument("question")
@click.option("-k", type=int, default=5, help="How many (default: 5).")
@click.option("--words", type=float, metavar="0..1", help="Weight of the words against the meaning.")
@click.option("--in", "sources", multiple=True, metavar="DOCUMENT", help="Only here.")
def search(
    question: str, k: int, words: float | None, sources: tuple[str, ...], index: str, *, as_json: bool
) -> int:
    """Find the passages that best fit a question."""
    from rich.text import Text

    from sandreckoner.cli.render.console_style import make_console
    from sandreckoner.cli.render.present import passage_object
    from sandreckoner.core.effects import Search
    from sandreckoner.tools.retrieval.index_registry import open_index
    from sandreckoner.tools.retrieval.search import SearchOptions

    options = SearchOptions(sources=sources)
    if words is not None:
        options = dataclasses.replace(options, lexical_weight=words)
    with open_index(index, options=options, report=warn, labels=_labels()) as opened:
        found = opened.search(Search(question, k))
    if as_json:
        passages = [
            {**passage_object(passage), "score": passage.score, "title": passage.title} for passage in found
        ]
        _print(index, question=question, passages=passages)
        return ANSWERED if found else NO_ANSWER
    console = make_console()
    for number, passage in enumerate(found, 1):
        place = f"[{number}] {passage.source}, page {passage.page}, {passage.start}-{passage.end}"
        console.print(Text(place, style="bold"), soft_wrap=True)
        console.print(Text(f"{passage.text}\n"), soft_wrap=True)
    if not found:
        warn("nothing was found")
    return ANSWERED if found else NO_ANSWER


@_action(
    "verify", "check every offset, word and vector", "reckon index verify", "reckon index verify --repair"
)
@click.option("--repair", "fix", is_flag=True, help="Make lost vectors again at the next add.")
def verify(index: str, *, fix: bool, as_json: bool) -> int:
    """Check every offset, word and vector; exit with 1 where one is wrong."""
    from sandreckoner.cli.render.console_style import visible
    from sandreckoner.tools.retrieval.index_registry import open_index
    from sandreckoner.tools.retrieval.verify import repair
    from sandreckoner.tools.retrieval.verify import verify as check

    with open_index(index, report=warn) as opened:
        faults = check(opened)
        lost = repair(opened) if fix else 0
        counts = {
            "documents": len(opened.documents),
            "passages": sum(document.chunks for document in opened.documents),
        }
        looked_at = "every offset, word and vector" if opened.vectors else "every offset and word"
    if as_json:
        _print(index, sound=not faults, faults=list(faults), to_be_made_anew=lost, **counts)
    else:
        print(
            visible("\n".join(faults))
            or f"sound: {counts['documents']} documents, {counts['passages']:,} passages, {looked_at}"
        )
    if lost:
        warn(f"{lost} vectors are made again by the next `reckon index add`")
    return ERROR if faults else ANSWERED


@contextmanager
def _bar() -> Iterator[Step]:
    """A bar on a terminal's stderr that names the document; elsewhere nothing."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from sandreckoner.cli.render.console_style import make_console

    console = make_console(stderr=True)
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


def _print(index: str, **rest: JSON) -> None:
    from sandreckoner.cli.render.present import VERSION
    from sandreckoner.tools.retrieval.index_registry import index_folder

    print(json.dumps({"version": VERSION, "index": str(index_folder(index)), **rest}, indent=2))
