"""A searchable library of documents in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.chunk_store import ChunkStore
from sandreckoner.tools.retrieval.document import Document, chunk_records
from sandreckoner.tools.retrieval.load_documents import find_files, left_out, load_document
from sandreckoner.tools.retrieval.reading_process import ReadingProcess
from sandreckoner.tools.retrieval.search import SearchOptions, find_passages, find_tables
from sandreckoner.tools.retrieval.tables.whole_tables import WholeTable, whole_table
from sandreckoner.tools.retrieval.vectors import FEEDBACK_DEPTH, Embedder, as_embedder, rocchio

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from sandreckoner.tools.retrieval.vectors import Vectors


class MemoryLibrary:
    """Documents in memory. Performs the effect `Search`. Thread-safe.

    Args:
        documents: the documents, see `load_documents.load_document`.
        embedder: makes the vectors, an `Embedder` or LangChain `Embeddings`; None searches by words alone.
        options: how to search.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        *,
        embedder: Embedder | Embeddings | None = None,
        options: SearchOptions | None = None,
    ) -> None:
        self._options = options or SearchOptions()
        self._store = ChunkStore()
        self._vectors = MemoryVectors(as_embedder(embedder)) if embedder else None
        for document in documents:
            records = tuple(chunk_records(document))
            self._store.put(document, records)
            if self._vectors:
                self._vectors.add({record.key: record.text for record in records})

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the documents, sorted."""
        return tuple(document.source for document in self._store.documents())

    def page(self, source: str, number: int = 1) -> str:
        """The text of a page (numbered from 1), of which passages are slices."""
        return self._store.page(source, number)

    def search(self, effect: Search) -> tuple[Passage, ...]:
        """The passages that best answer a query, best first."""
        return find_passages(
            effect.query, effect.k, store=self._store, vectors=self._vectors, options=self._options
        )

    async def asearch(self, effect: Search) -> tuple[Passage, ...]:
        """`search` without blocking the event loop."""
        return await asyncio.to_thread(self.search, effect)

    def find_tables(self, query: str, k: int = 4) -> tuple[Table, ...]:
        """The tables that best fit a query, best first."""
        return find_tables(query, k, store=self._store, vectors=self._vectors, options=self._options)

    def whole_table(self, source: str, sheet: str = "") -> WholeTable | None:
        """All rows of a CSV file, or of a sheet of a workbook, by columns; None if it holds no table."""
        return whole_table(self._store.pages_of(source, sheet), source)

    def close(self) -> None:
        """Release the documents."""
        self._store.close()


class MemoryVectors:
    """A `VectorIndex` in a dictionary that compares every vector; suits some thousand chunks."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, Vectors] = {}

    def add(self, texts: Mapping[str, str]) -> None:
        """Embed and store the texts that are not stored yet."""
        keys = [key for key in texts if key not in self._vectors]
        self._vectors.update(zip(keys, self._embedder.documents([texts[key] for key in keys]), strict=True))

    def delete(self, keys: Sequence[str]) -> None:
        """Remove vectors."""
        for key in keys:
            self._vectors.pop(key, None)

    def nearest(
        self, question: str, *, k: int, among: Sequence[str] | None = None, feedback: float = 0.0
    ) -> dict[str, float]:
        """The `k` nearest keys by exact cosine; ties in the order of adding."""
        vector = self._embedder.query(question)
        keys = list(self._vectors) if among is None else [key for key in among if key in self._vectors]
        if feedback:
            first = self._nearest(vector, FEEDBACK_DEPTH, keys)
            vector = rocchio(vector, [self._vectors[key] for key in first], feedback)
        return self._nearest(vector, k, keys)

    def _nearest(self, vector: Vectors, k: int, keys: Sequence[str]) -> dict[str, float]:
        cosines = {key: float(self._vectors[key] @ vector) for key in keys}
        return dict(sorted(cosines.items(), key=lambda pair: -pair[1])[:k])

    def similarities(self, keys: Sequence[str]) -> Sequence[Sequence[float]]:
        """The cosines between stored vectors."""
        return [[float(self._vectors[one] @ self._vectors[other]) for other in keys] for one in keys]

    def keys(self) -> Iterator[str]:
        """All stored keys."""
        yield from self._vectors

    def count(self) -> int:
        """How many vectors are stored."""
        return len(self._vectors)

    def refresh(self, generation: int) -> None:
        """Does nothing: no other process writes here."""

    def close(self) -> None:
        """Does nothing: nothing is open."""


def _notes(documents: Sequence[Document]) -> Iterator[str]:
    for document in documents:
        yield from (f"{document.source}: {note}" for note in document.notes)


def open_library(
    paths: str | Path | Sequence[str | Path],
    *,
    embedder: Embedder | Embeddings | None = None,
    options: SearchOptions | None = None,
    report: Callable[[str], None] | None = None,
) -> MemoryLibrary:
    """Read files and folders into a library in memory.

    Args:
        paths: files, folders (every readable file below them), or `-` for piped input.
        embedder: makes the vectors, an `Embedder` or LangChain `Embeddings`; None searches by words alone.
        options: how to search.
        report: called with one line for each file that cannot be read, and for each thing in a file that was
            not; the others are still read. Without it the first file that cannot be read raises.

    Raises:
        LibraryError: a file cannot be read (without `report`), or no file can.
    """
    paths = [paths] if isinstance(paths, str | Path) else paths
    documents = []
    with ReadingProcess() as reader:
        for file in find_files(paths):
            try:
                documents.append(load_document(file, reader=reader))
            except LibraryError as fault:
                if report is None:
                    raise
                report(str(fault))
    if report is not None:
        for line in filter(
            None, [*_notes(documents), *(left_out(Path(path).expanduser()) for path in paths)]
        ):
            report(line)
    if not documents:
        raise LibraryError(f"no document could be read from {', '.join(map(str, paths)) or 'nothing'}")
    return MemoryLibrary(documents, embedder=embedder, options=options)
