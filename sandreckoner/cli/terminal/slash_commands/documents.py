"""/docs: the documents of a session."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sandreckoner.cli.render.phrases import one_line, plural
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
    context.session.docs = list(dict.fromkeys([*before, *paths]))
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
    except BaseException:
        context.session.docs = before  # what cannot be read is not added
        raise
    context.session.set_docs(context.session.docs)
    context.say(f"{plural(len(context.sources(library)), 'document')} to draw on")


def _list(context: Context) -> None:
    if not context.session.docs:
        context.say("no documents; /docs add PATH")
        return
    for path in context.session.docs:
        context.say(path)
    names = context.sources(context.library())
    context.say(f"{plural(len(names), 'document')}: {one_line(', '.join(names), 300)}", "dim")


def _remove(context: Context, name: str) -> None:
    """Remove a path, given in full or by its last part."""
    kept = [path for path in context.session.docs if path != name and Path(path).name != name.rstrip("/")]
    if len(kept) == len(context.session.docs):
        raise UsageError(f"{name}: not among the documents; /docs list names them")
    context.session.set_docs(kept)
    context.say(f"{plural(len(kept), 'path')} left")
