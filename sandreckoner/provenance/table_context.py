"""The context of a number in a passage: the row and column of its table, or its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandreckoner.reading.numbers import Number

QUOTE_MARGIN = 80  # characters of the surroundings on each side
MAX_LINE = 1_000  # characters of a line on each side of the number that are read
MAX_ROWS = 2_000  # rows of a table above the number that are read
MAX_HEADING_LINES = 60  # lines above a line of figures that are searched for its years
MAX_LABEL_WORDS = 12  # words of a table line; a longer line is prose, and ends the table
_WORD = re.compile(r"[a-z]+|\d{4}|[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_RULE = re.compile(r"[\s|:+-]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNIT_CELL = re.compile(
    r"\W*(?:%|per\s?cent|pct|bps?|basis points|(?:in )?(?:[A-Z]{3}|[A-Z]{0,2}[$€£¥₹])?\s?(?:m|mn|bn|k|"
    r"000|'000|thousands?|millions?|billions?|crores?|lakhs?)\.?)\W*",
    re.IGNORECASE,
)
_YEARS = re.compile(r"(?<![^\s,])(?:19|20)\d\d(?:\s+(?:19|20)\d\d)+\s*$")
_FIGURE = re.compile(r"(?<!\S)[($€£-]*\d[\d,.]*[)%]*(?!\S)")
_FIGURE_OR_NONE = re.compile(rf"{_FIGURE.pattern}|(?<!\S)[$€£]*[—–-](?!\S)")
# Words that do not identify a figure.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        """the and for was were are from with that this what how much many did does its their between into per
        than then year ended total answer result value number amount num difference change average percentage
        percent increase decrease ratio sum mean calculate""",
    )
)
# These do not identify one either, as every figure of a column has the same.
_PERIODS = frozenset(
    re.findall(
        r"\w+",
        """january february march april may june july august september october november december
        quarter month""",
    )
)


@dataclass(frozen=True, slots=True)
class NumberContext:
    """The context of a number in a text.

    Attributes:
        quote: the number with its surroundings, exactly as the text has them.
        row: the label of its table row; empty outside a table.
        column: the heading of its table column; empty outside a table, or where there is none.
        words: the words of its row, column and section, or of its sentence.
    """

    quote: str
    row: str
    column: str
    words: frozenset[str]

    def is_named_by(self, words: frozenset[str]) -> bool:
        """Whether words identify this figure: half of the row's label or of the column's heading, or two
        words of a sentence. Years and months do not count, as every figure of a column has the same.
        """
        for label in (self.row, self.column):
            words_there = telling(words_of(label))
            if words_there and 2 * len(words_there & words) >= len(words_there):
                return True
        return not (self.row or self.column) and len(telling(self.words & words)) >= 2

    def __str__(self) -> str:
        parts = [f"{kind} “{label}”" for kind, label in (("row", self.row), ("column", self.column)) if label]
        return ", ".join(parts)


def words_of(text: str) -> frozenset[str]:
    """Return the significant words of a text or a variable's name, lower case, singular; years too."""
    found = _WORD.findall(_CAMEL.sub(" ", text).lower())
    return frozenset(
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in found
        if len(word) > 2 and word not in _EMPTY
    )


def telling(words: frozenset[str]) -> frozenset[str]:
    """Return the words that tell one figure from another: no years, no months."""
    return frozenset(word for word in words - _PERIODS if not word.isdigit())


def context_of(text: str, number: Number) -> NumberContext:
    """Determine the context of a number in `text`. A table is lines of cells between `|`."""
    start = max(text.rfind("\n", 0, number.start) + 1, number.start - MAX_LINE)
    stop = text.find("\n", number.end)
    stop = min(len(text) if stop < 0 else stop, number.end + MAX_LINE)
    line, at, end = text[start:stop], number.start - start, number.end - start
    if line.count("|") >= 2:
        return _in_table(text, start, line, number)
    first, last = _sentence_start(line, at), _sentence_end(line, end)
    left, right = _at_words(line, max(first, at - QUOTE_MARGIN), min(last, end + QUOTE_MARGIN), at, end)
    label = _line_label(line, at)
    column = _year_above(text[:start], line, at) if label else ""
    return NumberContext(line[left:right].strip(), label, column, words_of(f"{line[first:last]} {column}"))


def _in_table(text: str, start: int, line: str, number: Number) -> NumberContext:
    cell = cell_of(text, number)
    words = words_of(f"{cell.row} {cell.column} {cell.section}")
    quote = " | ".join(part for part in (cell.row, cell.text or number.text) if part)
    return NumberContext(quote, cell.row, cell.column, words)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table of `|`.

    Attributes:
        text: what stands in it.
        row: the label of its row; empty for the label itself.
        column: the headings above it, joined.
        section: the label of the last row above that holds nothing else.
        corner: the headings above the labels.
        unit: the cell beside it that says nothing but a unit: the next one, or the one after the labels.
        above: offset of the table's first line.
    """

    text: str
    row: str
    column: str
    section: str
    corner: str
    unit: str
    above: int


def cell_of(text: str, number: Number) -> Cell:
    """Return the cell that a number of a table stands in."""
    start = text.rfind("\n", 0, number.start) + 1
    stop = text.find("\n", number.end)
    line = text[start : len(text) if stop < 0 else stop]
    cells = _cells(line)
    at = text.count("|", start, number.start) - (1 if line.lstrip().startswith("|") else 0)
    above, first = _rows_above(text, start)
    heads = above[: _head_length(above)]
    return Cell(
        cells[at] if at < len(cells) else "",
        cells[0] if at > 0 and cells else "",
        " ".join(dict.fromkeys(row[at] for row in heads if at < len(row) and row[at])),
        next((row[0] for row in reversed(above) if row[0] and not any(row[1:])), ""),
        " ".join(dict.fromkeys(row[0] for row in heads if at > 0 and row[0])),
        _unit_beside(cells, at),
        first,
    )


def _unit_beside(cells: list[str], at: int) -> str:
    """Return the cell of a row that holds the unit of the cell `at`: `%` after it, or before all figures."""
    if at + 1 < len(cells) and _UNIT_CELL.fullmatch(cells[at + 1]):
        return cells[at + 1]
    before = next((cell for cell in reversed(cells[:at]) if not re.search(r"\d", cell) and cell), "")
    figures = [cell for cell in cells[1:at] if re.search(r"\d", cell)]
    units = [cell for cell in cells[1:at] if _UNIT_CELL.fullmatch(cell)]
    return (
        before if units == [before] and (not figures or cells.index(before) < cells.index(figures[0])) else ""
    )


def headings_beside(text: str, number: Number) -> tuple[str, ...]:
    """Return the headings of the other columns of the table of `|` that a number stands in."""
    start = text.rfind("\n", 0, number.start) + 1
    above, _ = _rows_above(text, start)
    heads = above[: _head_length(above)]
    at = text.count("|", start, number.start) - (1 if text[start:].lstrip(" ").startswith("|") else 0)
    width = max((len(row) for row in heads), default=0)
    columns = (
        " ".join(dict.fromkeys(row[i] for row in heads if i < len(row))) for i in range(1, width) if i != at
    )
    return tuple(column for column in columns if column)


def has_table(text: str) -> bool:
    """Whether a text has a table, of cells between `|` or of lines of figures."""
    lines = text.split("\n")
    piped = any(line.count("|") >= 2 for line in lines)
    return piped or sum(bool(_line_label(line, len(line))) for line in lines) > 1


def labels_beside(text: str, number: Number) -> tuple[str, ...]:
    """Return the labels of the other rows of the table that a number stands in."""
    start, stop = text.rfind("\n", 0, number.start) + 1, text.find("\n", number.end)
    is_piped = text.count("|", start, stop if stop >= 0 else len(text)) >= 2
    above = reversed(text[:start].split("\n")[-MAX_ROWS:-1])
    below = text[stop + 1 :].split("\n")[:MAX_ROWS] if stop >= 0 else []
    return tuple(label for lines in (above, below) for label in _labels(lines, is_piped=is_piped))


def _labels(lines: Iterable[str], *, is_piped: bool) -> Iterator[str]:
    """Yield the row labels of lines until their table ends."""
    for line in lines:
        if is_piped:
            if line.count("|") < 2:
                return
            cells = _cells(line)
            label = cells[0] if any(re.search(r"\d", cell) for cell in cells[1:]) else ""
        else:
            if len(re.findall("[A-Za-z]{2,}", line)) > MAX_LABEL_WORDS:
                return
            label = _line_label(line, len(line))
        if label:
            yield label


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _rows_above(text: str, start: int) -> tuple[list[list[str]], int]:
    """Return the rows of a table above an offset, from its first, without the rule, and where it begins."""
    rows: list[list[str]] = []
    for line in reversed(text[:start].split("\n")[-MAX_ROWS:-1]):
        if line.count("|") < 2:
            break
        start -= len(line) + 1
        if not _RULE.fullmatch(line):
            rows.append(_cells(line))
    return rows[::-1], start


def _head_length(rows: list[list[str]]) -> int:
    """Count the rows at the top that hold no figures but years."""
    for length, row in enumerate(rows):
        figures = [
            cell
            for cell in row[1:]
            if re.search(r"\d", _YEAR.sub("", cell)) and not re.search("[A-Za-z]", cell)
        ]
        if figures:
            return length
    return len(rows)


def _line_label(line: str, at: int) -> str:
    """Return the words before the first figure of a line of figures, as PDF tables are extracted."""
    match = re.match(r"\s*([A-Za-z][^\d$€£|]{2,80}?)[\s.$€£(]*(?=[-−(]?\d)", line)
    if match is None or len(_FIGURE.findall(line)) < 2 or match.end(1) > at:
        return ""
    words_after = re.findall(r"[A-Za-z]{2,}", line[match.end() :])
    return match[1].strip() if len(words_after) <= 1 else ""


def _year_above(above: str, line: str, at: int) -> str:
    r"""Return the year above a figure of such a line: from the last line of as many years as figures.

    >>> _year_above("Years ended December 31, 2024 2023\n", "Sales $512.3 $498.1", 13)
    '2023'
    """
    figures = list(_FIGURE_OR_NONE.finditer(line))
    place = next((place for place, figure in enumerate(figures) if figure.end() > at), None)
    for heading in reversed(above.rsplit("\n", MAX_HEADING_LINES)[-MAX_HEADING_LINES:]):
        years = _YEARS.search(heading)
        if years is not None and place is not None:
            found = years[0].split()
            return found[place] if len(found) == len(figures) else ""
        if len(re.findall("[A-Za-z]{2,}", heading)) > MAX_LABEL_WORDS:
            return ""
    return ""


def _sentence_start(line: str, at: int) -> int:
    ends = [match.end() for match in re.finditer(r"[.!?]\s+(?=[A-Z(])", line[:at])]
    return ends[-1] if ends else 0


def _sentence_end(line: str, at: int) -> int:
    match = re.compile(r"[.!?](?=\s+[A-Z(]|\s*$)").search(line, at)
    return match.end() if match else len(line)


def _at_words(line: str, left: int, right: int, start: int, end: int) -> tuple[int, int]:
    """Move the ends of a quote inwards to where words begin and end, never into the number."""
    while 0 < left < start and not line[left - 1].isspace():
        left += 1
    while len(line) > right > end and not line[right].isspace():
        right -= 1
    return left, right
