"""CSV and TSV: pages of 500 rows, each with the header row. Cells stay as written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from sandreckoner.tools.retrieval.readers.markdown_table import pages_of
from sandreckoner.tools.retrieval.readers.text import decode


def pages(data: bytes) -> Iterator[str]:
    """The table as pages; the delimiter (comma, semicolon, tab or bar) is detected."""
    text = decode(data)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), _dialect(text)) if any(row)]
    return pages_of(rows)


def _dialect(text: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(text[:20_000], ",;\t|")
    except csv.Error:  # one column, or too irregular to tell
        return csv.excel
