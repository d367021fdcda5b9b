"""The rows of a batch: its input read line by line, and which rows are complete, one bit each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sandreckoner.core.errors import UsageError
from sandreckoner.evals.tasks.row_files import MAX_ROW_BYTES


@dataclass(frozen=True, slots=True)
class InputLine:
    """A line of the input; `row` is its number, from 1."""

    row: int
    text: str


class CompletedRows:
    """The set of rows that are complete, as a bitmap: a billion rows take 125 MB."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def __contains__(self, row: int) -> bool:
        place, bit = divmod(row, 8)
        return place < len(self._bits) and bool(self._bits[place] >> bit & 1)

    def add(self, row: int) -> None:
        """Add a row."""
        place, bit = divmod(row, 8)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        self._bits[place] |= 1 << bit

    def load(self, path: Path) -> int:
        """Add the rows of an output file, and truncate a last line that a kill cut short.

        Returns:
            The number of rows in the file.

        Raises:
            UsageError: the file was not written by a batch.
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


def read_lines(file: BinaryIO, done: CompletedRows) -> Iterator[InputLine]:
    """The lines of a file that are neither complete nor empty.

    A line longer than `MAX_ROW_BYTES` is cut and so fails to parse as JSON.
    """
    row = 0
    while data := file.readline(MAX_ROW_BYTES):
        row += 1
        rest = data
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(MAX_ROW_BYTES)
        if row not in done and data.strip():
            yield InputLine(row, data.decode("utf-8", errors="replace"))
