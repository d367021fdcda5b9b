"""A SQLite file: connection, transactions, and faults as one-line errors."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from sandreckoner.core.errors import LibraryError

Values: TypeAlias = Sequence[Any] | Mapping[str, Any]


class Database:
    """A SQLite file. Thread-safe; only one process may write at a time.

    Args:
        schema: `create … if not exists` statements.
        path: the file; None keeps everything in memory.
    """

    def __init__(self, schema: str, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self.location = str(path or "the library")
        with self._faults():
            self._connection = sqlite3.connect(
                path or ":memory:", timeout=30, check_same_thread=False, isolation_level=None
            )
            self._connection.execute("pragma foreign_keys = on")
            if path:
                self._connection.execute("pragma journal_mode = wal")
        self.run_script(schema)

    def run_script(self, statements: str) -> None:
        """Run statements that define tables and views."""
        with self._lock, self._faults():
            self._connection.executescript(statements)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[None]:
        """A transaction: writes are committed together, reads see one snapshot. Nested calls join it."""
        with self._lock, self._faults():
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("begin immediate" if write else "begin")
            try:
                yield
                self._connection.execute("commit")
            except BaseException:
                # A full disk has rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                raise

    def query(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Run a query and return all its rows."""
        with self._lock, self._faults():
            return self._connection.execute(statement, values).fetchall()

    def execute(self, statement: str, values: Values) -> None:
        """Run a statement that writes, inside a transaction."""
        self._connection.execute(statement, values)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            if "full" in str(fault) or "disk I/O" in str(fault):
                raise LibraryError(
                    f"{self.location}: the disk is full, or a file may not grow; "
                    "what was acknowledged is kept"
                ) from None
            raise LibraryError(f"{self.location}: {fault}") from None
