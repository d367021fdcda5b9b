"""What the programs of a process looked up in tables, and what is to be told about it."""

from __future__ import annotations

from typing import Any, NamedTuple

MAX_SOURCES = 200
_MAX_NOTES = 50


class Source(NamedTuple):
    """A cell that a program looked up: table, row, column, its value as text, the line that read it.

    A long column that is read whole is one lookup: its row is -1, its value the number of cells.
    """

    table: str
    row: int
    column: int
    value: str
    line: int


class Log:
    """What the programs of this process looked up, and what they were told about it."""

    def __init__(self) -> None:
        self._sources: dict[Source, None] = {}
        self._notes: dict[str, None] = {}

    def source(self, source: Source) -> None:
        """Keep a lookup."""
        if len(self._sources) < MAX_SOURCES:
            self._sources[source] = None

    def note(self, text: str) -> None:
        """Keep a remark for whoever reads the answer."""
        if len(self._notes) < _MAX_NOTES:
            self._notes[text] = None

    def record(self) -> dict[str, Any] | None:
        """Both as JSON; None where nothing was looked up."""
        if not self._sources and not self._notes:
            return None
        return {"lookups": [list(source) for source in self._sources], "notes": list(self._notes)}


LOG = Log()
