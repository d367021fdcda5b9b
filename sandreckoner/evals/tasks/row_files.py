"""Read files of JSON lines, CSV or Parquet row by row; the first two may be gzipped."""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

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
