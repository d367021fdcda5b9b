"""An agent's memory: conversations in one SQLite file, each step written before the next begins."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sandreckoner.core.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver


def open_memory(path: str | Path | None, types: Sequence[type] = ()) -> BaseCheckpointSaver[str]:
    """Open the store of conversations; None keeps them in the process.

    The file is deserialized by a closed list of LangGraph's and LangChain's own types, and `types`; it
    is never unpickled.

    Raises:
        MissingExtra: the package that writes SQLite is not installed.
        UsageError: the file cannot be opened.
    """
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    plain = JsonPlusSerializer(allowed_msgpack_modules=list(types) or None)
    if path is None:
        return InMemorySaver(serde=plain)
    try:
        from langgraph.checkpoint.sqlite import SqliteSaver
    except ModuleNotFoundError:
        raise MissingExtra(
            "langgraph-checkpoint-sqlite is not installed: pip install 'sandreckoner[agents]'"
        ) from None
    try:
        connection = sqlite3.connect(str(path), check_same_thread=False, timeout=30)
        connection.execute("pragma journal_mode = wal")
    except sqlite3.Error as fault:
        raise UsageError(f"memory: {path} cannot be opened: {fault}") from None
    return SqliteSaver(connection, serde=plain)
