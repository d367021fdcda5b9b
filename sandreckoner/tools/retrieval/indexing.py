"""What an `add` does: bring the documents of a file or a folder up to date, and embed what is new of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.chunk_store import Entry, Store
from sandreckoner.tools.retrieval.chunks import rows_of
from sandreckoner.tools.retrieval.document import Document
from sandreckoner.tools.retrieval.load_documents import Found, find, load, read_bytes, sha256_of
from sandreckoner.tools.retrieval.vectors import VectorIndex

# Takes a document's name, how many of its pieces are done, and how many there are.
Progress: TypeAlias = Callable[[str, int, int], None]

_EMBED_AT_ONCE = 128


@dataclass(slots=True)
class Added:
    """What an `add` did.

    Attributes:
        read: documents that were new or had changed.
        unchanged: documents that were as before.
        forgotten: documents whose files are gone.
        failed: a line for each file that could not be read.
        embedded: pieces that were embedded; the others of a changed document had their vectors already.
    """

    read: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    embedded: int = 0


class Adding:
    """One `add`, by the process that holds the lock.

    Args:
        store: where the documents go.
        meaning: where the vectors go; None for none.
        progress: called with each document's name and how far it is.
    """

    def __init__(self, store: Store, meaning: VectorIndex | None, progress: Progress | None = None) -> None:
        self.added = Added()
        self._store = store
        self._meaning = meaning
        self._progress = progress

    def root(self, root: str, *, is_known: bool) -> None:
        """Take up a file or a folder, and forget what is gone from it.

        Args:
            root: its path, or `-`.
            is_known: whether it was added before; then it may be gone itself.
        """
        root = root if root in ("-", "stdin") else str(Path(root).expanduser().resolve())
        before = {entry.path: entry for entry in self._store.entries()}
        present: set[str] = set()
        if not is_known or Path(root).exists():
            for found in find([root]):
                path = str(found.path.resolve()) if found.path else "stdin"
                present.add(path)
                self._file(found, root, before.get(path))
        for entry in before.values():
            if entry.root == root and entry.path not in present and root != "stdin":
                self._store.forget(entry.source)
                self.added.forgotten.append(entry.source)

    def _file(self, found: Found, root: str, known: Entry | None) -> None:
        try:
            data = read_bytes(found)
            if known and known.sha256 == sha256_of(data):
                self.added.unchanged.append(known.source)
                return
            document = load(found, data)
        except LibraryError as fault:
            self.added.failed.append(str(fault))
            return
        source = known.source if known else self._free_name(document)
        self._put(replace(document, source=source), root)

    def _put(self, document: Document, root: str) -> None:
        rows = tuple(rows_of(document))
        self._embed({row.key: row.body for row in rows}, document.source)
        self._store.put(document, rows, root=root)
        self.added.read.append(document.source)
        self._tell(document.source, len(rows), len(rows))

    def _tell(self, name: str, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(name, done, total)

    def _embed(self, bodies: dict[str, str], name: str) -> None:
        """Give vectors to the bodies that have none."""
        if self._meaning is None:
            return
        self._meaning.refresh(self._store.generation())
        missing = self._store.without_vector(bodies)
        for first in range(0, len(missing), _EMBED_AT_ONCE):
            keys = missing[first : first + _EMBED_AT_ONCE]
            self._tell(name, len(bodies) - len(missing) + first, len(bodies))
            self._meaning.add({key: bodies[key] for key in keys})
            self._store.note_vectors(keys)
            self.added.embedded += len(keys)

    def missing(self) -> None:
        """Embed pieces taken up while there was no embedder, or whose vectors were lost."""
        bodies = dict(self._store.bodies_without_vector()) if self._meaning is not None else {}
        self._embed(bodies, "pieces without a vector")

    def drop_unused(self) -> None:
        """Forget vectors that no piece refers to."""
        if self._meaning is not None and (unused := self._store.unused_vectors()):
            self._meaning.forget(unused)
            self._store.drop_vectors(unused)

    def _free_name(self, document: Document) -> str:
        """The document's name, with the folders above it as far as others are called the same."""
        taken = {entry.source for entry in self._store.entries()}
        name, above = document.source, list(Path(document.path).parents)
        depth = len(Path(document.source).parts) - 1
        while name in taken and depth < len(above) - 1:
            name = f"{above[depth].name}/{name}"
            depth += 1
        return name
