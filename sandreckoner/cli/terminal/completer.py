"""Completion of commands, models, strategies, files, sessions and settings."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.session_files import saved_sessions
from sandreckoner.cli.terminal.slash_commands import TABLE
from sandreckoner.settings.settings_model import described


class CommandCompleter(Completer):
    """Completes lines that begin with `/`; questions are not completed."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._paths = PathCompleter(expanduser=True)
        self._sources: dict[str, Callable[[list[str]], Iterable[tuple[str, str]]]] = {
            "model": lambda words: _models(),
            "strategy": lambda words: _strategies(),
            "session": lambda words: [(path.stem, "") for path in saved_sessions()],
            "setting": self._settings,
        }

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        line = document.text_before_cursor
        if not line.startswith("/") or "\n" in line:
            return
        name, space, rest = line[1:].partition(" ")
        if not space:
            yield from _matching(name, [(each, command.description) for each, command in TABLE.items()])
            return
        kind = TABLE[name].completes if name in TABLE else ""
        words = rest.split(" ")
        if kind in ("docs", "export"):
            yield from self._files(kind, words, complete_event)
        elif kind in self._sources:
            yield from _matching(words[-1], self._sources[kind](words))

    def _files(self, kind: str, words: list[str], event: CompleteEvent) -> Iterator[Completion]:
        """The action or format first, then a file, or a document that is there."""
        if len(words) == 1:
            first = ("add", "list", "remove") if kind == "docs" else ("html", "md", "json")
            yield from _matching(words[0], [(word, "") for word in first])
        elif words[0] == "remove":
            yield from _matching(" ".join(words[1:]), [(path, "") for path in self._context.session.docs])
        elif words[0] != "list":
            yield from self._quoted_paths(" ".join(words[1:]), event)

    def _quoted_paths(self, typed: str, event: CompleteEvent) -> Iterator[Completion]:
        """Paths for the last word; one with spaces in it comes in quotes."""
        start = _word_start(typed)
        word = typed[start:].lstrip("'\"")
        for found in self._paths.get_completions(Document(word, len(word)), event):
            whole = word[: len(word) + found.start_position] + found.text
            text = shlex.quote(whole) if not whole.startswith("~") or " " in whole else whole
            yield Completion(text, start - len(typed), display=found.display)

    def _settings(self, words: list[str]) -> Iterable[tuple[str, str]]:
        if len(words) == 1:
            return list(described().items())
        return {"model": _models, "strategy": _strategies}.get(words[0], lambda: [])()


def _word_start(typed: str) -> int:
    """Where the last word begins; a space between quotes does not end one."""
    start, quote = 0, ""
    for at, sign in enumerate(typed):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == " ":
            start = at + 1
    return start


def _matching(start: str, words: Iterable[tuple[str, str]]) -> Iterator[Completion]:
    for word, says in words:
        if word.startswith(start):
            yield Completion(word, -len(start), display_meta=says)


@cache
def _models() -> list[tuple[str, str]]:
    from sandreckoner.llms import model_rows

    return [(row.spec, row.title) for row in model_rows()]


@cache
def _strategies() -> list[tuple[str, str]]:
    from sandreckoner.chains.spec import known_names

    return [(name, entry.description) for name, entry in known_names().items()]
