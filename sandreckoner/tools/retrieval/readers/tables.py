"""Tables: rows of cells written as Markdown with their digits as they are, and the reader of CSV and TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from sandreckoner.tools.retrieval.readers.text import decode

# A longer table is split over several pages, each with the header row.
ROWS_PER_PAGE = 500

Cells = Sequence[str]


def markdown(rows: Sequence[Cells]) -> str:
    r"""A Markdown table whose header is the first row; empty if there are no rows.

    >>> print(markdown([["Item", "2024"], ["Price | net", "1,234.50"]]))
    | Item | 2024 |
    |---|---|
    | Price \| net | 1,234.50 |
    """
    if not rows:
        return ""
    width = max(len(row) for row in rows)
    lines = [_line([*row, *[""] * (width - len(row))]) for row in rows]
    return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])


def pages_of(rows: Sequence[Cells], *, above: str = "") -> Iterator[str]:
    """A table as pages of at most `ROWS_PER_PAGE` rows, each below the text `above` and the header row."""
    if not rows:
        return
    header, body = rows[0], rows[1:]
    for start in range(0, max(1, len(body)), ROWS_PER_PAGE):
        yield above + markdown([header, *body[start : start + ROWS_PER_PAGE]])


def _line(cells: Cells) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


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
