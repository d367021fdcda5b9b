"""The cells of an HTML table as rows and columns that a reader sees.

Spans are filled: a heading over three columns stands over each of them, a label over two rows in both. A `$`,
`(`, `)` or `%` in a cell of its own is joined to its figure, and columns that only part others are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import Tag

_OPENS = re.compile(r"(?:[A-Z]{1,3})?[$€£¥₹]?\s?\(?[-−–]?")
_CLOSES = re.compile(r"\)?\s?%?\s?\)?|pts?|bps|x")
_FIGURE = re.compile(r"[\s$€£¥₹(-−–+]*\d[\d,.'’\s]*[\s)%x]*")
_NOTE = re.compile(r"\(?\s*(?:\d{1,2}|[a-z]|\*+)\s*\)?(?:\s*,\s*\(?\w{1,2}\)?)*")
_BREAKS = ("br", "p", "div", "li", "tr", "td", "th")
_MAX_SPAN = 200
_MAX_CELLS = 2_000_000  # of one table, spans filled


@dataclass(frozen=True, slots=True)
class _Placed:
    """A cell's text and the physical columns from `start` up to `end` that it fills."""

    text: str
    start: int
    end: int


def grid_of(table: Tag) -> list[list[str]]:
    """The rows of a table from the top, each with the same number of cells; empty if it has none."""
    rows = [_joined(row) for row in _placed_rows(table)]
    rows = [row for row in rows if row]
    first = next((index for index, row in enumerate(rows) if _has_figures(row)), len(rows))
    columns = _columns(rows[first:] or rows)
    return [_row(row, columns, heading=index < first) for index, row in enumerate(rows)]


def is_layout(table: Tag) -> bool:
    """Whether a table only arranges a page: it holds tables, headings or lists, or asks to be taken so."""
    if table.get("role") in ("presentation", "none"):
        return True
    if table.find(["table", "h1", "h2", "h3", "ul", "ol", "nav", "form"]) is not None:
        return True
    cells = table.find_all(["td", "th"])
    return len(cells) < 2 or any(len(cell.get_text()) > 1_000 for cell in cells)


def cell_text(cell: Tag) -> str:
    """What a cell says: no spaces where tags inside a word are parted, no marks of notes behind a figure."""
    return " ".join("".join(_texts(cell)).split())


def _texts(tag: Tag) -> Iterator[str]:
    from bs4.element import NavigableString, PreformattedString, Tag

    for child in tag.children:
        if isinstance(child, PreformattedString):
            continue
        if isinstance(child, NavigableString):
            yield str(child)
        elif isinstance(child, Tag):
            inner = "".join(_texts(child))
            if child.name == "sup" and _NOTE.fullmatch(inner.strip()):
                continue
            yield f" {inner} " if child.name in _BREAKS else inner


def _placed_rows(table: Tag) -> Iterator[list[_Placed]]:
    """The cells of each row in their physical columns, those of rows above that span it among them."""
    open_below: dict[int, tuple[int, _Placed]] = {}
    total = 0
    for row in table.find_all("tr"):
        if row.find_parent("table") is not table:
            continue
        placed: list[_Placed] = []
        at = 0
        for cell in row.find_all(["td", "th"], recursive=False):
            at = _carry(placed, open_below, at)
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            own = _Placed(cell_text(cell), at, at + width)
            placed.append(own)
            if height > 1:
                open_below[at] = (height - 1, own)
            at += width
        _carry(placed, open_below, at)
        total += at
        if total > _MAX_CELLS:
            return
        yield [cell for cell in placed if cell.text]


def _carry(placed: list[_Placed], open_below: dict[int, tuple[int, _Placed]], at: int) -> int:
    """Add the cells from above that span this row at `at`; the next free physical column."""
    while at in open_below:
        left, cell = open_below.pop(at)
        placed.append(cell)
        if left > 1:
            open_below[at] = (left - 1, cell)
        at = cell.end
    return at


def _span(cell: Tag, name: str) -> int:
    written = str(cell.get(name, "1"))
    return min(int(written), _MAX_SPAN) if written.isdecimal() and len(written) < 6 and int(written) else 1


def _joined(row: list[_Placed]) -> list[_Placed]:
    """The cells with marks joined to the figure that they belong to."""
    cells: list[_Placed] = []
    opening: _Placed | None = None
    for cell in row:
        if opening is not None:
            glue = "" if opening.text.endswith("(") else " "
            cell = _Placed(f"{opening.text}{glue}{cell.text}", opening.start, cell.end)
            opening = None
        elif _OPENS.fullmatch(cell.text) and not cell.text.isalpha() and cell.text not in ("-", "–", "−"):
            opening = cell
            continue
        last = cells[-1] if cells else None
        closes = _CLOSES.fullmatch(cell.text) and last is not None and _is_figure(last.text)
        if closes and last is not None and cell.start - last.end < 2:
            cells[-1] = _Placed(f"{last.text}{cell.text}", last.start, cell.end)
        else:
            cells.append(cell)
    return [*cells, opening] if opening is not None else cells


def _is_figure(text: str) -> bool:
    return _FIGURE.fullmatch(text) is not None


def _has_figures(row: list[_Placed]) -> bool:
    figures = [cell for cell in row[1:] if _is_figure(cell.text)]
    return any(not re.fullmatch(r"(?:19|20)\d\d", cell.text) for cell in figures)


def _columns(rows: list[list[_Placed]]) -> list[tuple[int, int]]:
    """The columns that a reader sees, as ranges of physical ones: cells that overlap stand in one.

    A cell alone in its row, such as the heading of a section, says nothing about columns.
    """
    ranges = sorted({(cell.start, cell.end) for row in rows if len(row) > 1 for cell in row})
    narrow = [each for each in ranges if not _spans_others(each, ranges)] or ranges or [(0, 1)]
    columns: list[tuple[int, int]] = []
    for start, end in narrow:
        if columns and start < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(end, columns[-1][1]))
        else:
            columns.append((start, end))
    return columns


def _spans_others(wide: tuple[int, int], ranges: list[tuple[int, int]]) -> bool:
    inside = [each for each in ranges if each != wide and wide[0] <= each[0] and each[1] <= wide[1]]
    return any(one[1] <= other[0] for one in inside for other in inside)


def _row(cells: list[_Placed], columns: list[tuple[int, int]], *, heading: bool) -> list[str]:
    texts = [""] * len(columns)
    for cell in cells:
        places = [
            place for place, (start, end) in enumerate(columns) if cell.start < end and start < cell.end
        ]
        if not places:  # beside all columns: it joins the next one
            places = [min(sum(end <= cell.start for _, end in columns), len(columns) - 1)]
        for place in places if heading else places[:1]:
            texts[place] = f"{texts[place]} {cell.text}".strip()
    return texts
