"""Updates an index from files: reads what is new or changed, embeds its chunks, removes what is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.chunk_store import ChunkStore, IndexedDocument
from sandreckoner.tools.retrieval.document import Document, chunk_records
from sandreckoner.tools.retrieval.load_documents import (
    SourceFile,
    find_files,
    left_out,
    load_document,
    read_bytes,
    sha256_of,
    why_unreachable,
)
from sandreckoner.tools.retrieval.reading_process import ReadingProcess
from sandreckoner.tools.retrieval.vectors import VectorIndex

# Takes a document's name, the number of its chunks that are done, and their total.
Progress: TypeAlias = Callable[[str, int, int], None]

_BATCH = 128


@dataclass(slots=True)
class IndexReport:
    """What one `Index.add` did.

    Attributes:
        read: documents that were new or had changed.
        unchanged: documents that were up to date.
        removed: documents whose files no longer exist.
        failed: one line for each file that could not be read.
        notes: one line for each thing in a file that was not read, and for files of other kinds.
        embedded: number of chunks that were embedded; unchanged chunks keep their vectors.
    """

    read: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    embedded: int = 0

    def extend(self, other: IndexReport) -> None:
        """Add what another did."""
        for name in ("read", "unchanged", "removed", "failed", "notes"):
            getattr(self, name).extend(getattr(other, name))
        self.embedded += other.embedded


class Indexer:
    """One update of an index, in the process that holds the index's lock.

    Args:
        store: where the documents are stored.
        vectors: where the vectors are stored; None for none.
        reader: the process that reads files; None where none are read.
        progress: called as chunks are embedded and documents stored.

    Attributes:
        report: what was done so far.
    """

    def __init__(
        self,
        store: ChunkStore,
        vectors: VectorIndex | None,
        reader: ReadingProcess | None,
        progress: Progress | None = None,
    ) -> None:
        self.report = IndexReport()
        self._reader = reader
        self._store = store
        self._vectors = vectors
        self._progress = progress

    def update(self, root: str, *, is_known: bool) -> None:
        """Read what is new or changed in a file or folder, and remove what no longer exists.

        Args:
            root: its path, or `-` for piped input.
            is_known: whether it was added before; only then may the path itself be missing.

        Raises:
            LibraryError: the path does not exist.
        """
        root = absolute_path(root)
        stored = {document.path: document for document in self._store.documents()}
        present: set[str] = set()
        if not is_known or (root != "stdin" and why_unreachable(root) is None):
            for file in find_files(["-" if root == "stdin" else root]):
                path = str(file.path.resolve()) if file.path else "stdin"
                present.add(path)
                self._update_file(file, root, stored.get(path))
            if note := left_out(Path(root)):
                self.report.notes.append(note)
        for document in stored.values():
            if document.root == root and document.path not in present and root != "stdin":
                self._forget(document)

    def _forget(self, document: IndexedDocument) -> None:
        """Remove a document whose file is gone, not one whose folder cannot be looked into."""
        fault = why_unreachable(document.path)
        if fault is None or isinstance(fault, FileNotFoundError | NotADirectoryError):
            self._store.delete(document.source)
            self.report.removed.append(document.source)
        else:
            self._keep(document, f"{document.source}: cannot be read ({fault.strerror})")

    def _keep(self, stored: IndexedDocument, fault: str) -> None:
        self._store.set_fault(stored.source, fault)
        self.report.failed.append(f"{fault}; its text of before is still searched")

    def _update_file(self, file: SourceFile, root: str, stored: IndexedDocument | None) -> None:
        try:
            data = read_bytes(file)
            if stored and stored.sha256 == sha256_of(data) and not stored.fault:
                self.report.unchanged.append(stored.source)
                return
            document = load_document(file, data, reader=self._reader)
        except LibraryError as fault:
            if stored:
                self._keep(stored, str(fault))
            else:
                self.report.failed.append(str(fault))
            return
        source = stored.source if stored else self._unused_name(document)
        self._put(replace(document, source=source), root)

    def put(self, document: Document) -> None:
        """Store a document that is no file; no update of files removes it.

        Raises:
            LibraryError: the name is that of a file.
        """
        stored = {each.source: each for each in self._store.documents()}.get(document.source)
        if stored and stored.path != document.path:
            raise LibraryError(f"{document.source}: there is another document of this name, {stored.path}")
        if stored and stored.sha256 == document.sha256:
            self.report.unchanged.append(document.source)
        else:
            self._put(document, "stdin")

    def _put(self, document: Document, root: str) -> None:
        records = tuple(chunk_records(document))
        self._embed({record.key: record.text for record in records}, document.source)
        self._store.put(document, records, root=root)
        self.report.read.append(document.source)
        self.report.notes += [f"{document.source}: {note}" for note in document.notes]
        self._notify(document.source, len(records), len(records))

    def _notify(self, name: str, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(name, done, total)

    def _embed(self, texts: dict[str, str], name: str) -> None:
        """Embed those of these texts that have no vector."""
        if self._vectors is None:
            return
        missing = self._store.keys_without_vector(texts)
        for first in range(0, len(missing), _BATCH):
            keys = missing[first : first + _BATCH]
            self._notify(name, len(texts) - len(missing) + first, len(texts))
            self._vectors.add({key: texts[key] for key in keys})
            self._store.mark_embedded(keys)
            self.report.embedded += len(keys)

    def embed_missing(self) -> None:
        """Embed chunks that were stored without an embedder, or whose vectors were lost. Comes first."""
        if self._vectors is None:
            return
        # Once, not for each document: while this process holds the lock, no other writes.
        self._vectors.refresh(self._store.generation())
        self._embed(dict(self._store.texts_without_vector()), "chunks without a vector")

    def _unused_name(self, document: Document) -> str:
        """The document's name, preceded by as many parent folders as make it unique."""
        taken = {other.source for other in self._store.documents()}
        name, parents = document.source, list(Path(document.path).parents)
        depth = len(Path(document.source).parts) - 1
        while name in taken and depth < len(parents) - 1:
            name = f"{parents[depth].name}/{name}"
            depth += 1
        return name


def absolute_path(root: str) -> str:
    """The path of a file or folder as an index keeps it; `stdin` for piped input."""
    return "stdin" if root in ("-", "stdin") else str(Path(root).expanduser().resolve())


def delete_orphan_vectors(store: ChunkStore, vectors: VectorIndex | None) -> None:
    """Delete vectors that no chunk refers to."""
    if vectors is not None and (orphans := store.orphan_vectors()):
        vectors.delete(orphans)
        store.unmark_embedded(orphans)
