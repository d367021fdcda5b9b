"""The rows of a large file: read one at a time, and known to be done by one bit each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sandreckoner.core.errors import UsageError

LONGEST_ROW = 10_000_000  # bytes of one line


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the input; `row` counts from 1."""

    row: int
    text: str


class DoneRows:
    """Which rows are done. A billion of them fit in 125 MB."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def __contains__(self, row: int) -> bool:
        place, bit = divmod(row, 8)
        return place < len(self._bits) and bool(self._bits[place] >> bit & 1)

    def add(self, row: int) -> None:
        """Mark a row."""
        place, bit = divmod(row, 8)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        self._bits[place] |= 1 << bit

    def take(self, path: Path) -> int:
        """Mark the rows of an output file, and take off a last line that a kill cut short.

        Returns:
            How many rows it has.

        Raises:
            UsageError: it is not such a file.
        """
        whole = count = 0
        with path.open("rb+") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                count += 1
                self.add(_row_of(line, path))
            file.truncate(whole)
        return count


def _row_of(line: bytes, path: Path) -> int:
    try:
        row = json.loads(line)["row"]
    except (ValueError, KeyError, TypeError, RecursionError):
        row = None
    if not isinstance(row, int) or row < 1:
        raise UsageError(f"{path} was not written by `reckon batch`: a line has no `row`; name another file")
    return row


def lines(file: BinaryIO, done: DoneRows) -> Iterator[Line]:
    """The lines of a file that are neither done nor empty.

    One that is too long is cut, and so becomes one that cannot be read as JSON.
    """
    row = 0
    while data := file.readline(LONGEST_ROW):
        row += 1
        rest = data
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_ROW)
        if row not in done and data.strip():
            yield Line(row, data.decode("utf-8", errors="replace"))
