"""Write rows of cells as a Markdown table; cells keep the digits of the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
