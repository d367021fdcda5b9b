"""Where the tables of a PDF page are: lines with figures that stand alone, in line with each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandreckoner.tools.retrieval.tables.column_headings import phrases_of
from sandreckoner.tools.retrieval.tables.figure_columns import FigureColumn, columns_of
from sandreckoner.tools.retrieval.tables.side_by_side import halves, middle_labels
from sandreckoner.tools.retrieval.tables.table_units import is_caption
from sandreckoner.tools.retrieval.tables.word_boxes import Word
from sandreckoner.tools.retrieval.tables.word_lines import MONTH, YEAR, Line, Token

_MAX_GAP = 3.6  # heights of a line between two rows of one table
STUB_PERIOD = re.compile(r"\b(?:ended|ending|as of|at)\b", re.IGNORECASE)
_NOTE = re.compile(r"\(\d{1,2}\)")


@dataclass(slots=True)
class Region:
    """The lines of one table: those above its first figures, and those from there on."""

    body: list[Line]
    above: list[Line] = field(default_factory=list)
    columns: list[FigureColumn] = field(default_factory=list)


def regions_of(lines: Sequence[Line], *, whole: bool = True) -> list[Region]:
    """The regions of a page that hold tables, from the top down; of the `whole` page or of half of it."""
    regions: list[Region] = []
    ends: list[int] = []
    index = 0
    while index < len(lines):
        if not _is_data(lines, index):
            index += 1
            continue
        end = _end(lines, index)
        body = list(lines[index:end])
        columns = columns_of([line for line in body if line.figures])
        if columns and _is_table(body, columns):
            above = _above(lines, index, ends[-1] if ends else 0)
            middle = middle_labels(body, columns) if whole else None
            if middle is None:
                regions.append(Region(body, above, columns))
            else:
                for half in halves([*above, *body], middle):
                    regions += regions_of(half, whole=False)
            ends.append(end)
        index = end
    return regions


def _is_data(lines: Sequence[Line], index: int) -> bool:
    """Whether a line has figures of a table: not a heading of years, and not the number of the page."""
    line = lines[index]
    figures = line.figures
    real = [token for token in figures if token.kind == "figure"]
    real = [token for token in real if not _NOTE.fullmatch(token.text)] or real
    if not figures or _is_page_number(lines, index):
        return False
    if not real:
        return len(figures) > 1 or bool(_label_words(line, figures[0].x0))
    if not all(token.is_year for token in real):
        return not _is_heading_of_numbers(lines, index, real)
    label = _label_text(line, figures[0].x0)
    return (
        bool(label)
        and not STUB_PERIOD.search(label)
        and not is_caption(label)
        and len(real) == 1
        and not (YEAR.search(label) or MONTH.search(label))
    )


def _is_page_number(lines: Sequence[Line], index: int) -> bool:
    line = lines[index]
    if 2 < index < len(lines) - 3:
        return False
    return (
        len(line.words) <= 4
        and len(line.figures) == 1
        and re.fullmatch(r"(?:\w{1,2}\s?-\s?|page\s*)?\d{1,4}(?:\s*of\s*\d+)?", line.text, re.IGNORECASE)
        is not None
    )


def _is_heading_of_numbers(lines: Sequence[Line], index: int, real: Sequence[Token]) -> bool:
    """Whether numbers without a label are headings: `737  747  767  Total` above the first row."""
    line = lines[index]
    if _label_words(line, min(token.x0 for token in line.tokens)) or index + 1 >= len(lines):
        return False
    plain = all(token.core.text.isdecimal() for token in real)
    words = [token for token in line.tokens if token.kind == "text" and token.x0 > real[0].x0]
    above = lines[index - 1] if index else None
    return plain and bool(words) and not (above is not None and above.figures)


def _label_words(line: Line, left: float) -> list[Word]:
    return [word for word in line.words if word.x1 <= left]


def _label_text(line: Line, left: float) -> str:
    return " ".join(word.text for word in _label_words(line, left))


def _end(lines: Sequence[Line], first: int) -> int:
    """The index after the last line of the table that begins at `first`."""
    left = min(token.core.x0 for token in lines[first].figures)
    end = first + 1
    for index in range(first + 1, len(lines)):
        line, before = lines[index], lines[index - 1]
        if before.y0 - line.y1 > _MAX_GAP * max(line.size, before.size):
            break
        if _is_data(lines, index):
            left = min(left, *(token.core.x0 for token in line.figures))
            end = index + 1
        elif _reaches(line, left) and not _is_long_section(lines, index, first):
            break
        else:
            for token in line.tokens:
                token.free = False
    return _with_tail(lines, end, left)


def _reaches(line: Line, left: float) -> bool:
    """Whether a line without figures stands over the columns: a heading of the next table, or prose."""
    return line.x1 > left + 2 * line.size or line.x0 > left - line.size


def _is_long_section(lines: Sequence[Line], index: int, first: int) -> bool:
    """Whether a line that reaches the columns is the heading of a section of the same table."""
    line = lines[index]
    if index + 1 >= len(lines) or not _is_data(lines, index + 1):
        return False
    after, start = lines[index + 1], lines[first]
    return (
        line.x0 <= min(start.x0, after.x0) + line.size
        and len(phrases_of(line, float("-inf"))) == 1
        and line.x1 < line.x0 + 0.8 * (start.x1 - start.x0)
        and line.y0 - after.y1 < 1.5 * line.size
        and bool(_label_words(after, min(token.x0 for token in after.figures)))
    )


def _with_tail(lines: Sequence[Line], end: int, left: float) -> int:
    """Add the last lines of a wrapped label below the figures of the last row."""
    while end < len(lines):
        line, before = lines[end], lines[end - 1]
        close = before.y0 - line.y1 < 0.3 * line.size
        small = line.text[:1].islower() and not _reaches(line, left) and not line.figures
        if not (close and small):
            return end
        end += 1
    return end


def _is_table(body: Sequence[Line], columns: Sequence[FigureColumn]) -> bool:
    """Whether a region is a table: enough figures in line with each other, and labels beside them."""
    rows = [line for line in body if line.figures]
    figures = sum(len(column.tokens) for column in columns)
    if figures < 2 or (len(rows) < 2 and len(columns) < 2):
        return False
    left = columns[0].core_x0
    labelled = sum(1 for line in rows if _label_words(line, left + 1))
    lone = len(columns) == 1 and all(token.core.text.rstrip(".").isdecimal() for token in columns[0].tokens)
    if lone and _ascends([int(token.core.text.rstrip(".")) for token in columns[0].tokens]):
        return False  # the pages of a table of contents, or the numbers of a list
    return labelled >= 0.4 * len(rows) or len(columns) > 2


def _ascends(numbers: Sequence[int]) -> bool:
    return len(numbers) > 5 and list(numbers) == sorted(numbers) and numbers[-1] < 1_000


def _above(lines: Sequence[Line], first: int, after: int) -> list[Line]:
    """The lines above a table that may be its headings and title, from the top down."""
    found: list[Line] = []
    for index in range(first - 1, after - 1, -1):
        line, below = lines[index], lines[index + 1]
        if line.y0 - below.y1 > 3.2 * max(line.size, below.size) or len(found) > 14:
            break
        found.append(line)
    return found[::-1]
