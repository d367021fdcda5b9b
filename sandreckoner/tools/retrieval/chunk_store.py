"""The text of documents, their pieces and their words, in one SQLite file (or in memory).

A page's text is stored once; a passage is read by slicing it. The words of a piece stand in an FTS5 table
beside it. The store is the truth about what is in an index: vectors, wherever they are, follow it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandreckoner.core.errors import LibraryError
from sandreckoner.core.passage import Passage
from sandreckoner.tools.retrieval.chunks import Row, body_of
from sandreckoner.tools.retrieval.database import Database
from sandreckoner.tools.retrieval.document import Document
from sandreckoner.tools.retrieval.lexical import match_query

_SCHEMA = """
create table if not exists setting (name text primary key, value text not null);
create table if not exists document (
    source text primary key, path text not null unique, root text not null, title text not null,
    sha256 text not null, modified_s real not null, pages integer not null);
create table if not exists page (
    source text not null references document on delete cascade, number integer not null, text text not null,
    primary key (source, number));
create table if not exists piece (
    id integer primary key, source text not null references document on delete cascade, page integer not null,
    start integer not null, end integer not null, title text not null, key text not null);
create index if not exists piece_source on piece (source);
create index if not exists piece_key on piece (key);
create table if not exists vector (key text primary key) without rowid;
create virtual table if not exists words using fts5 (body, tokenize='porter unicode61 remove_diacritics 2');
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document that is stored.

    Attributes:
        source: its name.
        path: where it was read.
        root: the file or folder that was asked for.
        title: its title.
        sha256: of the file.
        modified_s: when the file had been changed, in seconds since 1970.
        pages: how many.
        pieces: how many.
    """

    source: str
    path: str
    root: str
    title: str
    sha256: str
    modified_s: float
    pages: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A piece as it is read back, without its text (`Store.passages` slices it off its page)."""

    identifier: int
    source: str
    page: int
    start: int
    end: int
    title: str
    key: str


class Store(Database):
    """Documents, pages, pieces and words. Thread-safe; the caller sees to it that one process writes.

    Args:
        path: the SQLite file; None keeps everything in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(_SCHEMA, path)

    def put(self, document: Document, rows: Sequence[Row], *, root: str = "") -> None:
        """Store a document in the place of the one that has its source."""
        with self.transaction(write=True):
            self._drop(document.source)
            entry = (document.source, document.path, root or document.path, document.title)
            entry_rest = (document.sha256, document.modified_s, len(document.pages))
            self.do("insert into document values (?, ?, ?, ?, ?, ?, ?)", (*entry, *entry_rest))
            for number, text in enumerate(document.pages, 1):
                self.do("insert into page values (?, ?, ?)", (document.source, number, text))
            for row in rows:
                place = (document.source, row.page, row.piece.start, row.piece.end, row.title, row.key)
                self.do("insert into piece values (null, ?, ?, ?, ?, ?, ?)", place)
                self.do("insert into words (rowid, body) values (last_insert_rowid(), ?)", (row.body,))
            self._changed()

    def forget(self, source: str) -> None:
        """Remove a document and everything of it."""
        with self.transaction(write=True):
            self._drop(source)
            self._changed()

    def _drop(self, source: str) -> None:
        self.do("delete from words where rowid in (select id from piece where source = ?)", (source,))
        self.do("delete from document where source = ?", (source,))

    def _changed(self) -> None:
        self.keep("generation", str(self.generation() + 1))

    def generation(self) -> int:
        """A number that grows with every change."""
        return int(self.setting("generation") or 0)

    def setting(self, name: str) -> str | None:
        """A setting."""
        found = self.rows("select value from setting where name = ?", (name,))
        return str(found[0][0]) if found else None

    def keep(self, name: str, value: str) -> None:
        """Keep a setting."""
        self.do("insert or replace into setting values (?, ?)", (name, value))

    def by_words(self, question: str, *, k: int, sources: Sequence[str] | None = None) -> dict[int, float]:
        """The `k` pieces with the highest BM25, as piece id to score, best first.

        Args:
            question: in words.
            k: how many.
            sources: only pieces of these documents; None for all.
        """
        query = match_query(question)
        if not query:
            return {}
        found = self.rows(
            "select rowid, -rank from words where words match :query and (:sources is null or rowid in "
            "(select id from piece where source in (select value from json_each(:sources)))) "
            "order by rank, rowid limit :k",
            {"query": query, "k": k, "sources": None if sources is None else json.dumps(sources)},
        )
        return {int(identifier): float(score) for identifier, score in found}

    def pieces(self, identifiers: Iterable[int]) -> dict[int, Stored]:
        """The pieces with these ids."""
        wanted = json.dumps(list(identifiers))
        found = self.rows("select * from piece where id in (select value from json_each(?))", (wanted,))
        return {row[0]: Stored(*row) for row in found}

    def pieces_with_keys(self, keys: Iterable[str]) -> list[Stored]:
        """The pieces whose body has one of these keys."""
        wanted = json.dumps(list(keys))
        found = self.rows("select * from piece where key in (select value from json_each(?))", (wanted,))
        return [Stored(*row) for row in found]

    def pieces_of(self, source: str, page: int) -> list[Stored]:
        """The pieces of a page, in order."""
        found = self.rows("select * from piece where source = ? and page = ? order by start", (source, page))
        return [Stored(*row) for row in found]

    def passages(self, pieces: Sequence[Stored], scores: Sequence[float] = ()) -> tuple[Passage, ...]:
        """The pieces as passages, each page read once."""
        pages: dict[tuple[str, int], str] = {}
        found = []
        for piece, score in zip(pieces, scores or [0.0] * len(pieces), strict=True):
            place = (piece.source, piece.page)
            if place not in pages:
                pages[place] = self.page(*place)
            text = pages[place][piece.start : piece.end]
            found.append(Passage(text, *place, piece.start, piece.end, score, piece.title))
        return tuple(found)

    def page(self, source: str, number: int) -> str:
        """The stored text of a page.

        Raises:
            LibraryError: where there is no such page.
        """
        found = self.rows("select text from page where source = ? and number = ?", (source, number))
        if not found:
            raise LibraryError(f"{source}, page {number}: there is no such page in {self.where}")
        return str(found[0][0])

    def entries(self) -> tuple[Entry, ...]:
        """All documents, by name."""
        found = self.rows(
            "select source, path, root, title, sha256, modified_s, pages, "
            "(select count(*) from piece where piece.source = document.source) from document order by source"
        )
        return tuple(Entry(*row) for row in found)

    def dates(self) -> dict[str, float]:
        """All documents by name, and when each had been changed."""
        return dict(self.rows("select source, modified_s from document order by source"))

    def keys_of(self, sources: Sequence[str]) -> list[str]:
        """The keys of all pieces of some documents, each once."""
        found = self.rows(
            "select distinct key from piece where source in (select value from json_each(?))",
            (json.dumps(sources),),
        )
        return [row[0] for row in found]

    def without_vector(self, keys: Iterable[str]) -> list[str]:
        """Which of these keys have no vector yet, in their order."""
        found = self.rows(
            "select value from json_each(?) where value not in (select key from vector)",
            (json.dumps(list(keys)),),
        )
        return [row[0] for row in found]

    def bodies_without_vector(self) -> Iterator[tuple[str, str]]:
        """The keys of pieces that have no vector, with their bodies."""
        found = self.rows(
            "select * from piece where key not in (select key from vector) order by source, page, start"
        )
        pieces = [Stored(*row) for row in found]
        for piece, passage in zip(pieces, self.passages(pieces), strict=True):
            yield piece.key, body_of(piece.source, piece.title, passage.text)

    def unused_vectors(self) -> list[str]:
        """The keys of vectors that no piece refers to."""
        found = self.rows("select key from vector where key not in (select key from piece)")
        return [row[0] for row in found]

    def note_vectors(self, keys: Iterable[str]) -> None:
        """Remember that these keys have their vectors."""
        with self.transaction(write=True):
            for key in keys:
                self.do("insert or ignore into vector values (?)", (key,))
            self._changed()

    def drop_vectors(self, keys: Iterable[str]) -> None:
        """Remember that these keys have none."""
        with self.transaction(write=True):
            for key in keys:
                self.do("delete from vector where key = ?", (key,))
            self._changed()
