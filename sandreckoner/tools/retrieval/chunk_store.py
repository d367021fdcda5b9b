"""Documents, pages, chunks, tables and their full-text index in one SQLite file (or in memory).

A page's text is stored once; a passage is read by slicing it. `word_index` has the words of each chunk.
This store decides what an index contains; the vectors, wherever they are kept, follow it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandreckoner.core.errors import LibraryError
from sandreckoner.core.execution import JSON
from sandreckoner.core.problem import Passage
from sandreckoner.tools.retrieval.access_labels import SCHEMA as ACCESS
from sandreckoner.tools.retrieval.access_labels import show_only
from sandreckoner.tools.retrieval.database import Database
from sandreckoner.tools.retrieval.document import ChunkRecord, Document, indexed_text, name_in_words
from sandreckoner.tools.retrieval.indexed_words import indexed_words
from sandreckoner.tools.retrieval.tables.table_records import SCHEMA as TABLES
from sandreckoner.tools.retrieval.tables.table_records import drop_tables, put_tables
from sandreckoner.tools.retrieval.word_index import SCHEMA as WORDS
from sandreckoner.tools.retrieval.word_index import add_words, drop_words

_SCHEMA = """
create table if not exists setting (name text primary key, value text not null);
create table if not exists document (
    source text primary key, path text not null unique, root text not null, title text not null,
    sha256 text not null, modified_s real not null, pages integer not null, notes text not null,
    fault text not null default '');
create table if not exists page (
    source text not null references document on delete cascade, number integer not null, text text not null,
    primary key (source, number));
create table if not exists chunk (
    id integer primary key, source text not null references document on delete cascade, page integer not null,
    start integer not null, end integer not null, title text not null, key text not null);
create index if not exists chunk_source on chunk (source);
create index if not exists chunk_key on chunk (key);
create table if not exists metadata (
    source text primary key references document on delete cascade, record text not null);
create table if not exists vector (key text primary key) without rowid;
"""


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document as an index lists it.

    Attributes:
        source: the name that is shown; unique within the index.
        path: absolute path of the file it was read from.
        root: the file or folder whose addition brought it in.
        title: its title.
        sha256: of the file's bytes, in hexadecimal.
        modified_s: modification time of the file, in seconds since 1970.
        pages: number of pages.
        chunks: number of chunks.
        fault: why the file could not be read again when it had changed; empty if its text is current.
        notes: a line for each thing in the file that was not read.
    """

    source: str
    path: str
    root: str
    title: str
    sha256: str
    modified_s: float
    pages: int
    chunks: int
    fault: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A row of the table `chunk`; the chunk's text is read by `ChunkStore.passages`."""

    identifier: int
    source: str
    page: int
    start: int
    end: int
    title: str
    key: str


class ChunkStore(Database):
    """Documents, pages, chunks and their words. Thread-safe; only one process may write at a time.

    Args:
        path: the SQLite file; None keeps everything in memory.
        labels: only documents that these may see exist for this store, and it cannot write; None for all.
    """

    def __init__(self, path: Path | None = None, labels: Collection[str] | None = None) -> None:
        super().__init__(_SCHEMA + WORDS + TABLES + ACCESS, path)
        self.hides = labels is not None
        if labels is not None:
            show_only(self, labels)

    def put(self, document: Document, records: Sequence[ChunkRecord], *, root: str = "") -> None:
        """Store a document and its chunks, replacing the document of the same source."""
        with self.transaction(write=True):
            self._drop(document.source)
            self.execute(
                "insert into document values (?, ?, ?, ?, ?, ?, ?, ?, '')",
                (
                    document.source,
                    document.path,
                    root or document.path,
                    document.title,
                    document.sha256,
                    document.modified_s,
                    len(document.pages),
                    json.dumps(document.notes),
                ),
            )
            if document.metadata is not None:
                kept = json.dumps(document.metadata)
                self.execute("insert into metadata values (?, ?)", (document.source, kept))
            for number, text in enumerate(document.pages, 1):
                self.execute("insert into page values (?, ?, ?)", (document.source, number, text))
            for record in records:
                chunk = record.chunk
                place = (document.source, record.page, chunk.start, chunk.end, record.title, record.key)
                self.execute("insert into chunk values (null, ?, ?, ?, ?, ?, ?)", place)
                identifier = self.query("select last_insert_rowid()")[0][0]
                add_words(self, identifier, indexed_words(record.text))
            put_tables(self, document.source, document.tables, name_in_words(document.source))
            self._changed()

    def metadata(self, source: str) -> dict[str, JSON] | None:
        """The metadata of a document that was added with any; None for others."""
        found = self.query("select record from metadata where source = ?", (source,))
        return dict(json.loads(found[0][0])) if found else None

    def set_fault(self, source: str, fault: str) -> None:
        """Record why a document's file could not be read again."""
        with self.transaction(write=True):
            self.execute("update document set fault = ? where source = ?", (fault, source))

    def delete(self, source: str) -> None:
        """Remove a document with its pages and chunks."""
        with self.transaction(write=True):
            self._drop(source)
            self._changed()

    def _drop(self, source: str) -> None:
        drop_tables(self, source)
        drop_words(self, source)
        self.execute("delete from document where source = ?", (source,))

    def _changed(self) -> None:
        self.set_setting("generation", str(self.generation() + 1))

    def generation(self) -> int:
        """A counter that grows with every change."""
        return int(self.setting("generation") or 0)

    def setting(self, name: str) -> str | None:
        """The value of a setting; None if it was never set."""
        found = self.query("select value from setting where name = ?", (name,))
        return str(found[0][0]) if found else None

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting, inside a transaction."""
        self.execute("insert or replace into setting values (?, ?)", (name, value))

    def chunks(self, identifiers: Iterable[int]) -> dict[int, StoredChunk]:
        """The chunks with these ids, by id."""
        ids = json.dumps(list(identifiers))
        found = self.query("select * from chunk where id in (select value from json_each(?))", (ids,))
        return {row[0]: StoredChunk(*row) for row in found}

    def chunks_with_keys(self, keys: Iterable[str]) -> list[StoredChunk]:
        """The chunks whose text has one of these keys."""
        ids = json.dumps(list(keys))
        found = self.query("select * from chunk where key in (select value from json_each(?))", (ids,))
        return [StoredChunk(*row) for row in found]

    def chunks_of_page(self, source: str, page: int) -> list[StoredChunk]:
        """The chunks of a page, in order."""
        found = self.query("select * from chunk where source = ? and page = ? order by start", (source, page))
        return [StoredChunk(*row) for row in found]

    def chunks_of(self, source: str) -> list[StoredChunk]:
        """The chunks of a document, in order."""
        found = self.query("select * from chunk where source = ? order by page, start", (source,))
        return [StoredChunk(*row) for row in found]

    def numbered_pages(self, source: str) -> dict[int, str]:
        """The pages of a document by their numbers."""
        return dict(self.query("select number, text from page where source = ?", (source,)))

    def passages(self, chunks: Sequence[StoredChunk], scores: Sequence[float] = ()) -> tuple[Passage, ...]:
        """The chunks as passages, scored in order; each page is read once."""
        pages: dict[tuple[str, int], str] = {}
        found = []
        for chunk, score in zip(chunks, scores or [0.0] * len(chunks), strict=True):
            place = (chunk.source, chunk.page)
            if place not in pages:
                pages[place] = self.page(*place)
            text = pages[place][chunk.start : chunk.end]
            found.append(Passage(text, *place, chunk.start, chunk.end, score, chunk.title))
        return tuple(found)

    def page(self, source: str, number: int) -> str:
        """The stored text of a page.

        Raises:
            LibraryError: there is no such page.
        """
        found = self.query("select text from page where source = ? and number = ?", (source, number))
        if not found:
            raise LibraryError(f"{source}, page {number}: there is no such page in {self.location}")
        return str(found[0][0])

    def pages_of(self, source: str, sheet: str = "") -> Iterator[str]:
        """The pages of a document, in order; those of one sheet of a workbook if `sheet` is its name."""
        for (number,) in self.query("select number from page where source = ? order by number", (source,)):
            text = self.page(source, number)
            if not sheet or text.startswith(f"# {sheet}\n"):
                yield text

    def documents(self) -> tuple[IndexedDocument, ...]:
        """All documents, sorted by name."""
        found = self.query(
            "select source, path, root, title, sha256, modified_s, pages, "
            "(select count(*) from chunk where chunk.source = document.source), fault, notes "
            "from document order by source"
        )
        return tuple(replace(IndexedDocument(*row), notes=tuple(json.loads(row[-1]))) for row in found)

    def modification_times(self) -> dict[str, float]:
        """The modification time of each document in seconds since 1970, sorted by name."""
        return dict(self.query("select source, modified_s from document order by source"))

    def keys_of(self, sources: Sequence[str]) -> list[str]:
        """The distinct keys of all chunks of these documents."""
        found = self.query(
            "select distinct key from chunk where source in (select value from json_each(?))",
            (json.dumps(sources),),
        )
        return [row[0] for row in found]

    def keys_without_vector(self, keys: Iterable[str]) -> list[str]:
        """Those of these keys that have no vector yet, in the same order."""
        found = self.query(
            "select value from json_each(?) where value not in (select key from vector)",
            (json.dumps(list(keys)),),
        )
        return [row[0] for row in found]

    def texts_without_vector(self) -> Iterator[tuple[str, str]]:
        """Key and text of each chunk that has no vector yet."""
        found = self.query(
            "select * from chunk where key not in (select key from vector) order by source, page, start"
        )
        chunks = [StoredChunk(*row) for row in found]
        for chunk, passage in zip(chunks, self.passages(chunks), strict=True):
            yield chunk.key, indexed_text(chunk.source, chunk.title, passage.text)

    def vector_counts(self) -> tuple[int, int]:
        """How many vectors were made, and how many chunks have none."""
        made = self.query("select count(*) from vector")[0][0]
        lacking = self.query("select count(*) from chunk where key not in (select key from vector)")[0][0]
        return int(made), int(lacking)

    def orphan_vectors(self) -> list[str]:
        """The keys of vectors that no chunk refers to any more."""
        found = self.query("select key from vector where key not in (select key from chunk)")
        return [row[0] for row in found]

    def mark_embedded(self, keys: Iterable[str]) -> None:
        """Record that these keys have vectors."""
        with self.transaction(write=True):
            for key in keys:
                self.execute("insert or ignore into vector values (?)", (key,))
            self._changed()

    def unmark_embedded(self, keys: Iterable[str]) -> None:
        """Record that these keys have no vectors."""
        with self.transaction(write=True):
            for key in keys:
                self.execute("delete from vector where key = ?", (key,))
            self._changed()
