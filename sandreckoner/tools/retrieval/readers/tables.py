"""Tables: rows of cells written as Markdown with their digits as they are, and the reader of CSV and TSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.text import decode

# A longer table is split over several pages, each with the header row.
ROWS_PER_PAGE = 500

_MAX_TITLES = 5  # lines above the header
_MAX_FIELD = 64 * 1024 * 1024

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


def parted_title(rows: Sequence[Cells]) -> tuple[str, list[Cells]]:
    r"""The text above a table, and the table: rows of a single cell before its header are its title.

    >>> parted_title([["Sales by region", ""], ["Region", "2024"], ["North", "5"]])
    ('Sales by region\n\n', [['Region', '2024'], ['North', '5']])
    """
    count = 0
    while count < min(_MAX_TITLES, len(rows) - 1) and sum(map(bool, rows[count])) < 2:
        count += 1
    if not any(sum(map(bool, row)) > 1 for row in rows):
        count = 0
    titles = [cell for row in rows[:count] for cell in row if cell]
    return "".join(f"{title}\n\n" for title in titles), list(rows[count:])


def pages(data: bytes, tell: Tell = ignored) -> Iterator[str]:
    """The table as pages; the delimiter (comma, semicolon, tab or bar) is detected, or told by `sep=`.

    Raises:
        ValueError: a field is longer than the file may be.
    """
    text, rows = parted_title(rows_of(decode(data)))
    return pages_of(rows, above=text)


def rows_of(text: str) -> list[list[str]]:
    """The rows of a file of separated values, without empty ones."""
    told = re.match(r"sep=(.)\r?\n", text)
    if told:
        text = text[told.end() :]
    before = csv.field_size_limit(_MAX_FIELD)
    try:
        source = io.StringIO(text, newline="")
        reader = csv.reader(source, delimiter=told[1]) if told else csv.reader(source, _dialect(text))
        return [row for row in reader if any(row)]
    except csv.Error as fault:
        raise ValueError(f"cannot be read as separated values ({fault})") from None
    finally:
        csv.field_size_limit(before)


def _dialect(text: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(text[:20_000], ",;\t|")
    except csv.Error:  # one column, or too irregular to tell
        return csv.excel
