"""Tables in the database of an index: one compressed record each, and their words for search.

A table is stored with its document and deleted with it. Its text for search is its title, its headings and
the labels of its rows, below the document's name.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sandreckoner.core.serialization import dumps, from_json, to_json
from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.database import Database
from sandreckoner.tools.retrieval.indexed_words import indexed_words

SCHEMA = """
create table if not exists tabular (
    id integer primary key, source text not null references document on delete cascade, page integer not null,
    last_page integer not null, start integer not null, end integer not null, statement text not null,
    title text not null, body blob not null);
create index if not exists tabular_source on tabular (source, page);
create virtual table if not exists tabular_fts
    using fts5 (text, tokenize='porter unicode61 remove_diacritics 2');
"""
_MAX_TEXT = 20_000  # characters of a table that are searched


@dataclass(frozen=True, slots=True)
class StoredTable:
    """What is known of a stored table before it is read.

    Attributes:
        identifier: its id.
        source: name of its document.
        page: the page it begins on, from 1.
        last_page: the page it ends on.
        start: offset of its first character on the page it begins on.
        end: offset after its last character on that page.
        statement: the primary statement that it is; empty for another table.
        title: its title.
    """

    identifier: int
    source: str
    page: int
    last_page: int
    start: int
    end: int
    statement: str
    title: str


def put_tables(store: Database, source: str, tables: Sequence[Table], name: str) -> None:
    """Store the tables of a document, inside a transaction; `name` is the document's, in words."""
    for table in tables:
        page = table.page or 1
        last = max((cell.page or page for row in table.rows for cell in row.cells if cell), default=page)
        body = zlib.compress(dumps(to_json(table)).encode(), 6)
        store.execute(
            "insert into tabular values (null, ?, ?, ?, ?, ?, ?, ?, ?)",
            (source, page, last, table.start, table.end, table.statement, table.title, body),
        )
        store.execute(
            "insert into tabular_fts (rowid, text) values (last_insert_rowid(), ?)",
            (indexed_words(searched_text(table, name)),),
        )


def drop_tables(store: Database, source: str) -> None:
    """Remove the words of a document's tables, inside a transaction; the tables go with their document."""
    store.execute(
        "delete from tabular_fts where rowid in (select id from tabular where source = ?)", (source,)
    )


def searched_text(table: Table, name: str) -> str:
    """The text by which a table is found."""
    headings = " | ".join(column.heading for column in table.columns)
    parts = [name, table.title, table.sheet, table.statement, table.caption, headings]
    sections: dict[str, None] = {}
    for row in table.rows:
        sections.update(dict.fromkeys(row.path))
        parts.append(row.label)
    return "\n".join([*parts[:6], *sections, *parts[6:]])[:_MAX_TEXT]


def stored_tables(store: Database, sources: Iterable[str]) -> list[StoredTable]:
    """All stored tables of these documents, in order."""
    found = store.query(
        "select id, source, page, last_page, start, end, statement, title from tabular "
        "where source in (select value from json_each(?)) order by source, id",
        (json.dumps(sorted(sources)),),
    )
    return [StoredTable(*row) for row in found]


def sources_of(store: Database, identifiers: Iterable[int]) -> set[str]:
    """The documents of these tables."""
    found = store.query(
        "select distinct source from tabular where id in (select value from json_each(?))",
        (json.dumps(list(identifiers)),),
    )
    return {row[0] for row in found}


def table_words(
    store: Database, query: str, *, k: int, sources: Sequence[str] | None = None
) -> dict[int, float]:
    """The `k` tables with the highest BM25 scores for an FTS5 query: id to score, best first."""
    if not query:
        return {}
    found = store.query(
        "select rowid, -rank from tabular_fts "
        "where tabular_fts match :query and (:sources is null or rowid in "
        "(select id from tabular where source in (select value from json_each(:sources)))) "
        "order by rank, rowid limit :k",
        {"query": query, "k": k, "sources": None if sources is None else json.dumps(list(sources))},
    )
    return {int(identifier): float(score) for identifier, score in found}


def read_tables(store: Database, identifiers: Iterable[int]) -> list[Table]:
    """The tables with these ids, in this order."""
    found = []
    for identifier in identifiers:
        rows = store.query("select source, body from tabular where id = ?", (identifier,))
        for source, body in rows:
            table: Table = from_json(json.loads(zlib.decompress(body)))
            found.append(replace(table, document=source))
    return found
