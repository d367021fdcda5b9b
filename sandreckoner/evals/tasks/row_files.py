"""Read files of JSON lines, CSV or Parquet row by row, and remember which rows of a batch are complete.

The first two may be gzipped.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from sandreckoner.core.errors import MissingExtra, UsageError

MAX_ROW_BYTES = 10_000_000

KINDS = (".jsonl", ".json", ".csv", ".parquet")


def kind_of(path: Path) -> str:
    """The suffix that tells a file's format, `.gz` aside; empty if it has none."""
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    return suffixes[-1] if suffixes else ""


def read_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a file, one at a time.

    Raises:
        UsageError: the file cannot be read, or its format is unknown.
    """
    kind = kind_of(path)
    if kind == ".parquet":
        yield from _parquet(path)
        return
    if kind not in KINDS:
        raise UsageError(f"{path}: a file of questions is named {', '.join(KINDS)}")
    with _opened(path) as file:
        if kind == ".csv":
            csv.field_size_limit(min(sys.maxsize, MAX_ROW_BYTES))
            yield from csv.DictReader(file)
            return
        for number, line in enumerate(iter(lambda: file.readline(MAX_ROW_BYTES), ""), 1):
            if line.strip():
                try:
                    row = parse_line(line)
                except UsageError as fault:
                    raise UsageError(f"{path}:{number}: {fault}") from None
                yield row


def parse_line(line: str) -> Mapping[str, Any]:
    """Parse a line of a JSON lines file.

    Raises:
        UsageError: the line is not a JSON object.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise UsageError("this line is not JSON") from None
    if not isinstance(row, dict):
        raise UsageError("this line is not a JSON object")
    return row


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig", newline="")
        ) as file:
            yield file
    except (OSError, EOFError, UnicodeDecodeError) as fault:
        raise UsageError(f"{path}: cannot be read: {fault}") from None


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        raise MissingExtra(
            "Parquet needs pyarrow, which is not installed: pip install 'sandreckoner[datasets]'"
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=256):
                yield from batch.to_pylist()
    except (OSError, ArrowException) as fault:
        raise UsageError(f"{path}: cannot be read as Parquet: {str(fault).splitlines()[0]}") from None


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
