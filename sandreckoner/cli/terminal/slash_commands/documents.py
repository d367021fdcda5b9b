"""/docs: the documents of a session."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sandreckoner.cli.render.blocks import one_line, plural
from sandreckoner.cli.terminal.context import Context
from sandreckoner.core.errors import UsageError

_USAGE = "write /docs add PATH, /docs list or /docs remove NAME"


def docs(context: Context, words: str) -> None:
    """Add, list or remove documents."""
    action, _, rest = words.partition(" ")
    match action:
        case "add" if rest:
            _add(context, _paths(rest))
        case "remove" if rest:
            _remove(context, rest.strip())
        case "" | "list":
            _list(context)
        case _:
            raise UsageError(_USAGE)


def _paths(rest: str) -> list[str]:
    try:
        return [str(Path(word).expanduser().resolve()) for word in shlex.split(rest)]
    except ValueError:
        raise UsageError("a quote is not closed; write /docs add 'a name with spaces.pdf'") from None


def _add(context: Context, paths: list[str]) -> None:
    for path in paths:
        if not Path(path).exists():
            raise UsageError(f"{path}: there is no such file or folder")
    before = context.session.docs
    wanted = list(dict.fromkeys([*before, *paths]))
    context.session.docs = wanted
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    console = context.style.console
    try:
        with Progress(
            *columns, console=console, transient=True, disable=not context.style.redraws
        ) as progress:
            bar = progress.add_task("reading", total=None)

            def show(name: str, done: int, total: int) -> None:
                progress.update(bar, description=one_line(name, 40), completed=done, total=total)

            library = context.library(show)
    finally:
        context.session.docs = before  # what cannot be read is not added
    context.session.set_docs(wanted)
    context.say(f"{plural(len(context.sources(library)), 'document')} to draw on")


def _list(context: Context) -> None:
    if not context.session.docs:
        context.say("no documents; /docs add PATH")
        return
    for path in context.session.docs:
        context.say(path)
    names = context.sources(context.library())
    context.say(f"{plural(len(names), 'document')}: {one_line(', '.join(names), 300)}", "dim")


def _without_document(context: Context, name: str) -> list[str]:
    """The paths without one document of a folder: the folder's other documents stand in its place."""
    documents = getattr(context.library(), "documents", ())
    gone = {document.path for document in documents if name in (document.source, document.path)}
    folders = {path for path in context.session.docs for file in gone if Path(path) in Path(file).parents}
    if not folders:
        raise UsageError(f"{name}: not among the documents; /docs list names them")
    paths = [path for path in context.session.docs if path not in folders]
    inside = [document.path for document in documents if document.path not in gone]
    return paths + [file for file in inside if any(Path(path) in Path(file).parents for path in folders)]


def _remove(context: Context, name: str) -> None:
    """Remove a path, in full or by its last part, or a document by the name that the list shows."""
    with suppress(ValueError):  # a quote is part of the name
        name = " ".join(shlex.split(name))
    wanted = {name, str(Path(name).expanduser().resolve())}
    kept = [
        path for path in context.session.docs if path not in wanted and Path(path).name != name.rstrip("/")
    ]
    if len(kept) == len(context.session.docs):
        kept = _without_document(context, name)
    context.session.set_docs(kept)
    context.say(f"{plural(len(kept), 'path')} left")
