"""A document index on disk: incremental updates, hybrid search, many readers and one writer.

Durability: vectors are written first, then the document with its text in one transaction. A process that is
killed in between leaves vectors that no chunk refers to; the next `add` uses or deletes them.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandreckoner._support.user_folders import locked
from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.access_labels import labelled_paths, set_labels
from sandreckoner.tools.retrieval.chroma_vectors import ChromaVectors, chroma_in
from sandreckoner.tools.retrieval.chunk_store import ChunkStore, IndexedDocument
from sandreckoner.tools.retrieval.document import Document
from sandreckoner.tools.retrieval.indexing import (
    Indexer,
    IndexReport,
    Progress,
    absolute_path,
    delete_orphan_vectors,
)
from sandreckoner.tools.retrieval.reading_process import ReadingProcess
from sandreckoner.tools.retrieval.search import SearchOptions, default_options, find_passages, find_tables
from sandreckoner.tools.retrieval.tables.whole_tables import WholeTable, whole_table
from sandreckoner.tools.retrieval.vectors import Embedder, VectorIndex, as_embedder
from sandreckoner.tools.retrieval.word_index import count_common_words

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

FORMAT = "4"


def _warn(line: str) -> None:
    warnings.warn(line, stacklevel=4)


class Index:
    """Documents on disk. Performs the effect `Search`. Thread-safe; a context manager.

    Args:
        folder: where the index is kept; created if it does not exist.
        embedder: makes the vectors, kept in Chroma below the folder: an `Embedder` or LangChain `Embeddings`;
            None searches by words alone.
        vectors: another vector index (a Chroma server, a LangChain store) instead of `embedder`.
        options: how to search; None for what suits the documents (`search.default_options`).
        report: called at the first search with one line for whatever is missing; None for Python's warnings.
        labels: of whoever asks: only documents that they may see are there, and nothing can be added; None
            for all documents. See `add`.

    Raises:
        LibraryError: the index cannot be opened, or was made with another embedder.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        embedder: Embedder | Embeddings | None = None,
        vectors: VectorIndex | None = None,
        options: SearchOptions | None = None,
        report: Callable[[str], None] | None = None,
        labels: Collection[str] | None = None,
    ) -> None:
        self._labels = None if labels is None else frozenset(labels)
        self._shares = False
        self._report = report or _warn
        self._searched = False
        self.folder = Path(folder).expanduser()
        self._options = options
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise LibraryError(f"{folder}: cannot be made ({fault.strerror})") from None
        self._store = ChunkStore(self.folder / "text.sqlite", self._labels)
        self._initialise("format", FORMAT)
        if (known := self._store.setting("format")) != FORMAT:
            raise LibraryError(f"{self.folder}: made by another version (format {known}); make a new index")
        if vectors is None and embedder is not None:
            vectors = self._open_vectors(as_embedder(embedder))
        self._vectors = vectors

    def _initialise(self, name: str, value: str) -> None:
        """Set a setting if it is unset. A set one is only read, so a reader waits for no writer."""
        if self._store.setting(name) is None:
            with self._writing(), self._store.transaction(write=True):
                self._store.set_setting(name, value)

    def _open_vectors(self, embedder: Embedder) -> VectorIndex:
        open_client = chroma_in(self.folder / "vectors")
        if self._store.setting("embedder") is not None:
            return ChromaVectors(open_client, embedder)
        with self._writing():
            vectors = ChromaVectors(open_client, embedder)
        self._initialise("embedder", embedder.name)
        return vectors

    def seen_by(self, labels: Collection[str]) -> Index:
        """The same index for someone with these labels, to be closed by itself, before this one."""
        known = frozenset(labels) if self._labels is None else self._labels.intersection(labels)
        view = Index(
            self.folder, vectors=self._vectors, options=self._options, report=self._report, labels=known
        )
        view._shares = True
        return view

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of each file and folder that has any; none are shown to someone with labels."""
        return labelled_paths(self._store)

    @property
    def options(self) -> SearchOptions:
        """How `search` searches unless it is given other options."""
        return self._options or default_options(self.documents)

    @property
    def store(self) -> ChunkStore:
        """The documents, their pages and chunks."""
        return self._store

    @property
    def vectors(self) -> VectorIndex | None:
        """The vector index; None where only words are searched."""
        return self._vectors

    @property
    def documents(self) -> tuple[IndexedDocument, ...]:
        """The documents, sorted by name."""
        return self._store.documents()

    def page(self, source: str, number: int = 1) -> str:
        """The text of a page (numbered from 1), of which passages are slices."""
        return self._store.page(source, number)

    def search(self, effect: Search, *, options: SearchOptions | None = None) -> tuple[Passage, ...]:
        """The passages that best answer a query, best first."""
        self._report_once()
        return find_passages(
            effect.query, effect.k, store=self._store, vectors=self._vectors, options=options or self.options
        )

    async def asearch(self, effect: Search, *, options: SearchOptions | None = None) -> tuple[Passage, ...]:
        """`search` without blocking the event loop."""
        return await asyncio.to_thread(self.search, effect, options=options)

    def find_tables(
        self, query: str, k: int = 4, *, options: SearchOptions | None = None
    ) -> tuple[Table, ...]:
        """The tables that best fit a query, best first."""
        return find_tables(
            query, k, store=self._store, vectors=self._vectors, options=options or self.options
        )

    def whole_table(self, source: str, sheet: str = "") -> WholeTable | None:
        """All rows of a CSV file, or of a sheet of a workbook, by columns; None if it holds no table."""
        return whole_table(self._store.pages_of(source, sheet), source)

    def _report_once(self) -> None:
        """Say at the first search what is missing from the index."""
        if not self._searched:
            self._searched = True
            for line in self.missing():
                self._report(line)

    def missing(self) -> tuple[str, ...]:
        """A line for each file whose text is of before it could not be read, and one for missing vectors."""
        lines = [
            f"{document.fault}; its text of before is searched"
            for document in self.documents
            if document.fault
        ]
        if self._vectors is not None:
            made, lacking = self._store.vector_counts()
            self._vectors.refresh(self._store.generation())
            kept = self._vectors.count()
            if lost := lacking + (max(0, made - kept) if kept is not None else 0):
                lines.append(
                    f"{lost:,} {'passage has' if lost == 1 else 'passages have'} no vector and can be found "
                    "by words only: "
                    "`reckon index verify --repair`, then `reckon index add`"
                )
        return tuple(lines)

    def neighbours(self, passage: Passage, *, before: int = 1, after: int = 1) -> tuple[Passage, ...]:
        """The passages around one on its page, in reading order, including the passage itself.

        Raises:
            LibraryError: the page has changed since the passage was found.
        """
        if self.page(passage.source, passage.page)[passage.start : passage.end] != passage.text:
            raise LibraryError(f"{passage.source}, page {passage.page}: has changed; search again")
        around = self._store.passages(self._store.chunks_of_page(passage.source, passage.page))
        first = max(place for place, chunk in enumerate(around) if chunk.start <= passage.start or not place)
        last = max(place for place, chunk in enumerate(around) if chunk.end <= passage.end or place == first)
        return around[max(0, first - before) : last + after + 1]

    def add(
        self,
        paths: Sequence[str | Path] = (),
        *,
        labels: Sequence[str] | None = None,
        progress: Progress | None = None,
    ) -> IndexReport:
        """Add files and folders, or update them: new and changed files are read, missing ones are removed.

        A document is durable once the next one begins; a killed `add` resumes where it was.

        Args:
            paths: files, folders or `-` for piped input; none updates everything that was ever added.
            labels: one of them is needed to see these files and all that ever lies in these folders; an empty
                list opens them to everyone, None leaves the labels as they are.
            progress: called with a document's name, the number of its chunks that are done, and their total.

        Raises:
            UsageError: there are labels and no paths, or this index was opened with labels.
            LibraryError: a path does not exist, or the index cannot be written.
        """
        if labels is not None and not paths:
            raise UsageError("labels: say which files or folders have them")
        self.require_everything()
        on_wait = (lambda: progress("waiting for another process to finish", 0, 0)) if progress else None
        with self._writing(on_wait), ReadingProcess() as reader:
            indexer = Indexer(self._store, self._vectors, reader, progress)
            indexer.embed_missing()
            roots = [str(path) for path in paths] or sorted({document.root for document in self.documents})
            for root in roots:
                if labels is not None:
                    set_labels(self._store, absolute_path(root), labels)
                indexer.update(root, is_known=not paths)
            if indexer.report.read or indexer.report.removed:
                self._tidy()
            else:
                delete_orphan_vectors(self._store, self._vectors)
        return indexer.report

    def put(
        self,
        documents: Iterable[Document],
        *,
        labels: Sequence[str] | None = None,
        progress: Progress | None = None,
    ) -> IndexReport:
        """Add documents that are no files, or replace those of the same names: `web_page`, `sql_rows`.

        `add` neither updates nor removes them.

        Args:
            documents: what is added.
            labels: as in `add`.
            progress: as in `add`.

        Raises:
            UsageError: this index was opened with labels.
            LibraryError: a file has the name of one of them, or the index cannot be written.
        """
        self.require_everything()
        with self._writing():
            indexer = Indexer(self._store, self._vectors, None, progress)
            indexer.embed_missing()
            for document in documents:
                if labels is not None:
                    set_labels(self._store, document.path, labels)
                indexer.put(document)
            self._tidy()
        return indexer.report

    def discard(self, sources: Sequence[str]) -> None:
        """Remove documents by their exact names; unknown ones are passed over."""
        self.require_everything()
        with self._writing():
            for source in sources:
                self._store.delete(source)
            self._tidy()

    def _tidy(self) -> None:
        """What follows a change of the documents."""
        delete_orphan_vectors(self._store, self._vectors)
        count_common_words(self._store)

    def remove(self, sources: Sequence[str]) -> tuple[str, ...]:
        """Remove documents by name (a name that ends in `*` is a prefix); returns the names removed.

        Raises:
            LibraryError: a name matches no document.
        """
        self.require_everything()
        removed: list[str] = []
        with self._writing():
            for name in sources:
                matching = [
                    document.source
                    for document in self.documents
                    if document.source == name
                    or (name.endswith("*") and document.source.startswith(name[:-1]))
                ]
                if not matching:
                    raise LibraryError(f"{name}: no such document in {self.folder}")
                removed += matching
            for source in removed:
                self._store.delete(source)
            self._tidy()
        return tuple(removed)

    def require_everything(self) -> None:
        """Refuse what needs all documents.

        Raises:
            UsageError: the index was opened with labels.
        """
        if self._labels is not None:
            raise UsageError(f"{self.folder}: opened with labels, so it can only be asked; open it without")

    def close(self) -> None:
        """Close files and clients."""
        if self._vectors is not None and not self._shares:
            self._vectors.close()
        self._store.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _writing(self, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
        """Let one process write: two Chroma clients that write at once lose vectors without an error."""
        try:
            with locked(self.folder / "lock", on_wait=on_wait):
                yield
        except TimeoutError:
            raise LibraryError(
                f"{self.folder}: another process has been writing for long; try later"
            ) from None
