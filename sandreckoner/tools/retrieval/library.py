"""A library in memory: documents in, passages out, found by their words."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.core.passage import Passage
from sandreckoner.tools.retrieval.document import Document
from sandreckoner.tools.retrieval.load import find, load, name_in_words
from sandreckoner.tools.retrieval.split import split
from sandreckoner.tools.retrieval.store import Row, Store


def rows_of(document: Document) -> Iterator[Row]:
    """The pieces of a document, each with the title that is shown, searched and embedded with it."""
    name = name_in_words(document.source)
    for number, text in enumerate(document.pages, 1):
        for piece in split(text):
            outside = "" if piece.heading.startswith(document.title) else document.title
            title = " › ".join(part for part in (outside, piece.heading) if part)
            body = f"{name}\n{title}\n{text[piece.start : piece.end]}"
            key = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
            yield Row(number, piece, title, body, key)


class MemoryLibrary:
    """Documents held in memory and found by their words. Performs `Search`."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._store = Store()
        for document in documents:
            self._store.put(document, tuple(rows_of(document)))

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the documents."""
        return self._store.sources()

    def page(self, source: str, number: int = 1) -> str:
        """The stored text of a page, which passages are slices of."""
        return self._store.page(source, number)

    def search(self, effect: Search) -> tuple[Passage, ...]:
        """The passages that best fit a query, best first."""
        if effect.k < 1:
            raise UsageError(f"search: k must be 1 or more, not {effect.k}")
        return self._store.passages(self._store.by_words(effect.query, k=effect.k))

    async def asearch(self, effect: Search) -> tuple[Passage, ...]:
        """The same, without blocking the loop."""
        return await asyncio.to_thread(self.search, effect)


def open_library(
    paths: Sequence[str | Path], *, report: Callable[[str], None] | None = None
) -> MemoryLibrary:
    """Read files and folders into a library in memory.

    Args:
        paths: files, folders with everything readable below them, or `-` for what is piped in.
        report: takes one line for each file that cannot be read; then the others still are. Without it the
            first such file raises.

    Raises:
        LibraryError: where a file cannot be read (without `report`), or none can.
    """
    documents = []
    for found in find(paths):
        try:
            documents.append(load(found))
        except LibraryError as fault:
            if report is None:
                raise
            report(str(fault))
    if not documents:
        raise LibraryError(f"no document could be read from {', '.join(map(str, paths)) or 'nothing'}")
    return MemoryLibrary(documents)
