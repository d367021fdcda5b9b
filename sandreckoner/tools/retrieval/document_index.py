"""An index on disk: documents kept up to date, found by words and by meaning, by many readers and one writer.

What is acknowledged is kept: vectors are written first, then the document with its text and words in one
transaction. A process killed in between leaves vectors that no piece refers to; the next uses or drops them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError
from sandreckoner.core.passage import Passage
from sandreckoner.tools.retrieval.chroma_vectors import ChromaVectors, chroma_in
from sandreckoner.tools.retrieval.chunk_store import Entry, Store
from sandreckoner.tools.retrieval.embedder import Embedder
from sandreckoner.tools.retrieval.index_lock import locked
from sandreckoner.tools.retrieval.indexing import Added, Adding, Progress
from sandreckoner.tools.retrieval.search import SearchOptions, find_passages, how_for
from sandreckoner.tools.retrieval.vectors import VectorIndex

_FORMAT = "1"


class Index:
    """Documents on disk. Performs `Search`. Thread-safe; a context manager.

    Args:
        folder: where it is kept; made where it is missing.
        embedder: makes the vectors, kept in Chroma below the folder; None searches by words alone.
        meaning: another place for vectors (a Chroma server, a LangChain store) instead of `embedder`.
        options: how to search; None for what suits the documents that are there (`how_for`).

    Raises:
        LibraryError: where it cannot be opened, or was made with another embedder.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        embedder: Embedder | None = None,
        meaning: VectorIndex | None = None,
        options: SearchOptions | None = None,
    ) -> None:
        self.folder = Path(folder).expanduser()
        self._how = options
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise LibraryError(f"{folder}: cannot be made ({fault.strerror})") from None
        self._store = Store(self.folder / "text.sqlite")
        self._prepare("format", _FORMAT)
        if (known := self._store.setting("format")) != _FORMAT:
            raise LibraryError(f"{self.folder}: made by another version (format {known}); make a new index")
        if meaning is None and embedder is not None:
            meaning = self._vectors(embedder)
        self._meaning = meaning

    def _prepare(self, name: str, value: str) -> None:
        """Keep a setting that is not there yet. What is there is only read: a reader waits for no writer."""
        if self._store.setting(name) is None:
            with self._writing(), self._store.transaction(write=True):
                self._store.keep(name, value)

    def _vectors(self, embedder: Embedder) -> VectorIndex:
        open_client = chroma_in(self.folder / "vectors")
        if self._store.setting("embedder") is not None:
            return ChromaVectors(open_client, embedder)
        with self._writing():
            meaning = ChromaVectors(open_client, embedder)
        self._prepare("embedder", embedder.name)
        return meaning

    @property
    def options(self) -> SearchOptions:
        """How it searches unless it is told otherwise."""
        return self._how or how_for(self.entries)

    @property
    def store(self) -> Store:
        """The documents, their pages, pieces and words."""
        return self._store

    @property
    def meaning(self) -> VectorIndex | None:
        """Where the vectors are."""
        return self._meaning

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The documents, by name."""
        return self._store.entries()

    def page(self, source: str, number: int = 1) -> str:
        """The stored text of a page, which passages are slices of."""
        return self._store.page(source, number)

    def search(self, effect: Search, *, options: SearchOptions | None = None) -> tuple[Passage, ...]:
        """The passages that best fit a query, best first."""
        return find_passages(
            effect.query, effect.k, store=self._store, meaning=self._meaning, options=options or self.options
        )

    async def asearch(self, effect: Search, *, options: SearchOptions | None = None) -> tuple[Passage, ...]:
        """The same, without blocking the loop."""
        return await asyncio.to_thread(self.search, effect, options=options)

    def neighbours(self, passage: Passage, *, before: int = 1, after: int = 1) -> tuple[Passage, ...]:
        """The passages around one on its page, itself included, in reading order."""
        around = self._store.passages(self._store.pieces_of(passage.source, passage.page))
        starts = [piece.start for piece in around]
        if passage.start not in starts:
            raise LibraryError(f"{passage.source}, page {passage.page}: has changed; search again")
        place = starts.index(passage.start)
        return around[max(0, place - before) : place + after + 1]

    def add(self, paths: Sequence[str | Path] = (), *, progress: Progress | None = None) -> Added:
        """Take up files and folders, or what has changed of them; forget what is gone from them.

        Each document is acknowledged when the next begins; a killed `add` goes on where it was.

        Args:
            paths: files, folders or `-`; none brings everything up to date that was ever added.
            progress: called with each document's name and how far it is.

        Raises:
            LibraryError: where a path is not there, or the index cannot be written.
        """
        adding = Adding(self._store, self._meaning, progress)
        on_wait = (lambda: progress("waiting for another process to finish", 0, 0)) if progress else None
        with self._writing(on_wait):
            adding.missing()
            roots = [str(path) for path in paths] or sorted({entry.root for entry in self.entries})
            for root in roots:
                adding.root(root, is_known=not paths)
            adding.drop_unused()
        return adding.added

    def remove(self, sources: Sequence[str]) -> tuple[str, ...]:
        """Forget documents by name (`*` at the end means all that begin so); returns which.

        Raises:
            LibraryError: where a name means none.
        """
        gone: list[str] = []
        with self._writing():
            for name in sources:
                meant = [e.source for e in self.entries if e.source == name or _begins(e.source, name)]
                if not meant:
                    raise LibraryError(f"{name}: no such document in {self.folder}")
                gone += meant
            for source in gone:
                self._store.forget(source)
            Adding(self._store, self._meaning).drop_unused()
        return tuple(gone)

    def close(self) -> None:
        """Give files and clients back."""
        if self._meaning is not None:
            self._meaning.close()
        self._store.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _writing(self, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
        """Only one process writes: two Chroma clients that write at once lose vectors, and say nothing."""
        try:
            with locked(self.folder / "lock", on_wait=on_wait):
                yield
        except TimeoutError:
            raise LibraryError(
                f"{self.folder}: another process has been writing for long; try later"
            ) from None


def _begins(source: str, name: str) -> bool:
    return name.endswith("*") and source.startswith(name[:-1])
