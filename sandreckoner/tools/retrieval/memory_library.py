"""A library in memory: documents in, passages out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError
from sandreckoner.core.passage import Passage
from sandreckoner.tools.retrieval.chunk_store import Store
from sandreckoner.tools.retrieval.chunks import rows_of
from sandreckoner.tools.retrieval.document import Document
from sandreckoner.tools.retrieval.embedder import Embedder
from sandreckoner.tools.retrieval.load_documents import find, load
from sandreckoner.tools.retrieval.memory_vectors import MemoryVectors
from sandreckoner.tools.retrieval.search import SearchOptions, find_passages


class MemoryLibrary:
    """Documents held in memory. Performs `Search`.

    Args:
        documents: what it holds.
        embedder: makes the vectors; None searches by words alone.
        options: how to search.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        *,
        embedder: Embedder | None = None,
        options: SearchOptions | None = None,
    ) -> None:
        self._how = options or SearchOptions()
        self._store = Store()
        self._meaning = MemoryVectors(embedder) if embedder else None
        for document in documents:
            rows = tuple(rows_of(document))
            self._store.put(document, rows)
            if self._meaning:
                self._meaning.add({row.key: row.body for row in rows})

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the documents."""
        return tuple(entry.source for entry in self._store.entries())

    def page(self, source: str, number: int = 1) -> str:
        """The stored text of a page, which passages are slices of."""
        return self._store.page(source, number)

    def search(self, effect: Search) -> tuple[Passage, ...]:
        """The passages that best fit a query, best first."""
        return find_passages(
            effect.query, effect.k, store=self._store, meaning=self._meaning, options=self._how
        )

    async def asearch(self, effect: Search) -> tuple[Passage, ...]:
        """The same, without blocking the loop."""
        return await asyncio.to_thread(self.search, effect)

    def close(self) -> None:
        """Let go of the documents."""
        self._store.close()


def open_library(
    paths: str | Path | Sequence[str | Path],
    *,
    embedder: Embedder | None = None,
    options: SearchOptions | None = None,
    report: Callable[[str], None] | None = None,
) -> MemoryLibrary:
    """Read files and folders into a library in memory.

    Args:
        paths: one or several files, folders with everything readable below them, or `-` for what is piped in.
        embedder: makes the vectors; None searches by words alone.
        options: how to search.
        report: takes one line for each file that cannot be read; then the others still are. Without it the
            first such file raises.

    Raises:
        LibraryError: where a file cannot be read (without `report`), or none can.
    """
    paths = [paths] if isinstance(paths, str | Path) else paths
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
    return MemoryLibrary(documents, embedder=embedder, options=options)
