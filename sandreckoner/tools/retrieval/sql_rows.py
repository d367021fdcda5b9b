"""Rows of a table of a SQL database as a document, by SQLAlchemy: each row is told by its key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.tools.retrieval.document import Document
from sandreckoner.tools.retrieval.readers.tables import pages_of
from sandreckoner.tools.retrieval.tables.document_tables import tables_of_pages

if TYPE_CHECKING:
    from sqlalchemy import Engine

MAX_ROWS = 100_000


def sql_rows(
    database: str | Engine,
    table: str,
    *,
    key: Sequence[str] = (),
    columns: Sequence[str] = (),
    max_rows: int = MAX_ROWS,
) -> Document:
    """Read a table or a view, in the order of its key.

    Args:
        database: an address such as `sqlite:///shop.db`, or an engine, as one with a time limit of its own.
        table: its name, with its schema where it has one: `sales.orders`.
        key: the columns that name a row; by default the primary key. They come first, as a row's label.
        columns: the others that are read; by default all.
        max_rows: that are read; a longer table is told.

    Returns:
        A document of the name `database/table`; `whole_table` and figures have its rows.

    Raises:
        UsageError: there is no such table or column, or no key.
        LibraryError: the database cannot be read.
    """
    import sqlalchemy as sql

    schema, _, name = table.rpartition(".")
    try:
        engine = sql.create_engine(database) if isinstance(database, str) else database
        shown = engine.url.render_as_string(hide_password=True)
        with engine.connect() as connection:
            read = sql.Table(name, sql.MetaData(), schema=schema or None, autoload_with=connection)
            keys, others = _columns(read, tuple(key), tuple(columns))
            # As the driver gives them: a type of SQLAlchemy's would write 98 as 98.0000000000.
            values = [sql.type_coerce(column, sql.types.NULLTYPE) for column in (*keys, *others)]
            query = sql.select(*values).order_by(*keys).limit(max_rows + 1)
            rows = [[_cell(value) for value in row] for row in connection.execute(query)]
    except sql.exc.NoSuchTableError:
        raise UsageError(f"there is no table {table!r} in {shown}") from None
    except (sql.exc.SQLAlchemyError, ImportError) as fault:
        said = " ".join(str(getattr(fault, "orig", None) or fault).split())[:200]
        raise LibraryError(f"{table}: cannot be read ({said})") from None
    notes = (f"rows after the first {max_rows:,} were not read",) if len(rows) > max_rows else ()
    heads = [str(column.name) for column in (*keys, *others)]
    source = f"{_plain(engine.url.database)}/{table}"
    title = f"{table}, rows by {', '.join(heads[: len(keys)])}"
    pages = tuple(pages_of([heads, *rows[:max_rows]], above=f"{title}\n\n"))
    digest = hashlib.sha256("\f".join(pages).encode()).hexdigest()
    found = tables_of_pages(pages, source)
    return Document(source, f"{shown}#{table}", title, pages, digest, tables=found, notes=notes)


def _columns(table: Any, key: tuple[str, ...], columns: tuple[str, ...]) -> tuple[list[Any], list[Any]]:
    """The columns of the key, and the others."""
    for name in (*key, *columns):
        if name not in table.c:
            raise UsageError(f"{table.name} has no column {name!r}; it has {', '.join(table.c.keys())}")
    keys = [table.c[name] for name in key] or list(table.primary_key.columns)
    if not keys:
        raise UsageError(f"{table.name} has no primary key: say which columns name a row, key=[…]")
    others = [table.c[name] for name in columns or table.c.keys()]
    return keys, [column for column in others if column not in set(keys)]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"({len(value)} bytes)"
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)


def _plain(database: str | None) -> str:
    """The last part of a database's name or path."""
    return (database or "memory").replace("\\", "/").rpartition("/")[2]
