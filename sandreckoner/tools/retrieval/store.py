"""The text of documents, their pieces and their words, in one SQLite file (or in memory).

A page's text is stored once; a passage is read by slicing it. The words of a piece, with its headings before
them, stand in an FTS5 table beside it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandreckoner.core.errors import LibraryError
from sandreckoner.core.passage import Passage
from sandreckoner.tools.retrieval.document import Document, Piece
from sandreckoner.tools.retrieval.words import TOKENIZER, match_query

_SCHEMA = f"""
create table if not exists setting (name text primary key, value text not null);
create table if not exists document (
    source text primary key, path text not null unique, title text not null, sha256 text not null,
    modified_s real not null, pages integer not null);
create table if not exists page (
    source text not null references document on delete cascade, number integer not null, text text not null,
    primary key (source, number));
create table if not exists piece (
    id integer primary key, source text not null references document on delete cascade, page integer not null,
    start integer not null, end integer not null, title text not null, key text not null);
create index if not exists piece_source on piece (source);
create index if not exists piece_key on piece (key);
create virtual table if not exists words using fts5 (body, tokenize='{TOKENIZER}');
"""
_PASSAGE = """
select piece.id, substr(page.text, piece.start + 1, piece.end - piece.start), piece.source, piece.page,
       piece.start, piece.end, piece.title
from piece join page on page.source = piece.source and page.number = piece.page
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A piece on its way into the store.

    Attributes:
        page: 1-based.
        piece: where it stands on that page.
        title: shown with it.
        body: what is embedded and searched: the title and the slice.
        key: names the body's content, so that the same body is embedded once.
    """

    page: int
    piece: Piece
    title: str
    body: str
    key: str


class Store:
    """Documents, pages, pieces and words. Thread-safe; one writer at a time is the caller's care.

    Args:
        path: the SQLite file; None keeps everything in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(path or ":memory:", timeout=30, check_same_thread=False)
            self._connection.execute("pragma foreign_keys = on")
            if path:
                self._connection.execute("pragma journal_mode = wal")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as fault:
            raise LibraryError(f"{path or 'the index'} cannot be opened: {fault}") from None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def put(self, document: Document, rows: Sequence[Row]) -> None:
        """Store a document in the place of the one that has its source, in one transaction."""
        with self._lock, self._connection as db:
            self._drop(document.source)
            db.execute(
                "insert into document values (?, ?, ?, ?, ?, ?)",
                (
                    document.source,
                    document.path,
                    document.title,
                    document.sha256,
                    document.modified_s,
                    len(document.pages),
                ),
            )
            db.executemany(
                "insert into page values (?, ?, ?)",
                ((document.source, number, text) for number, text in enumerate(document.pages, 1)),
            )
            for row in rows:
                place = (document.source, row.page, row.piece.start, row.piece.end, row.title, row.key)
                columns = "source, page, start, end, title, key"
                cursor = db.execute(f"insert into piece ({columns}) values (?, ?, ?, ?, ?, ?)", place)  # noqa: S608
                db.execute("insert into words (rowid, body) values (?, ?)", (cursor.lastrowid, row.body))

    def forget(self, source: str) -> None:
        """Remove a document and everything of it, in one transaction."""
        with self._lock, self._connection:
            self._drop(source)

    def _drop(self, source: str) -> None:
        db = self._connection
        db.execute("delete from words where rowid in (select id from piece where source = ?)", (source,))
        db.execute("delete from document where source = ?", (source,))

    def by_words(self, question: str, *, k: int) -> dict[int, float]:
        """The `k` pieces with the highest BM25, as piece id to score, best first."""
        query = match_query(question)
        if not query:
            return {}
        found = self._rows(
            "select rowid, -rank from words where words match ? order by rank, rowid limit ?", (query, k)
        )
        return {int(identifier): float(score) for identifier, score in found}

    def passages(self, scores: dict[int, float]) -> tuple[Passage, ...]:
        """The pieces with these ids as passages, in the order given."""
        marks = ", ".join("?" * len(scores))
        found = self._rows(f"{_PASSAGE} where piece.id in ({marks})", tuple(scores))
        by_id = {row[0]: row[1:] for row in found}
        return tuple(
            Passage(text, source, page, start, end, score, title)
            for identifier, score in scores.items()
            for text, source, page, start, end, title in (by_id[identifier],)
        )

    def page(self, source: str, number: int) -> str:
        """The stored text of a page.

        Raises:
            LibraryError: where there is no such page.
        """
        found = self._rows("select text from page where source = ? and number = ?", (source, number))
        if not found:
            raise LibraryError(
                f"{source}, page {number}: not in this library; `reckon index list` shows what is"
            )
        return str(found[0][0])

    def sources(self) -> tuple[str, ...]:
        """The names of all documents, sorted."""
        return tuple(row[0] for row in self._rows("select source from document order by source", ()))

    def _rows(self, statement: str, values: Iterable[object]) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(statement, tuple(values)).fetchall()
            except sqlite3.Error as fault:
                raise LibraryError(f"the index cannot be read: {fault}") from None
