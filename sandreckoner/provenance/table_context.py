"""The context of a number in a passage: the row and column of its table, or its sentence."""

from __future__ import annotations

import re
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
            telling = _telling(words_of(label))
            if telling and 2 * len(telling & words) >= len(telling):
                return True
        return not (self.row or self.column) and len(_telling(self.words & words)) >= 2

    def contradiction(self, words: frozenset[str]) -> str:
        """Note where the words name one year and the column another; empty where they agree."""
        said = sorted(word for word in words if _YEAR.fullmatch(word))
        stands = sorted(set(_YEAR.findall(self.column)))
        if not said or not stands or set(said) & set(stands):
            return ""
        return f"but the program calls it {' and '.join(said)}"

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


def _telling(words: frozenset[str]) -> frozenset[str]:
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
    cells = _cells(line)
    at = line.count("|", 0, number.start - start) - (1 if line.lstrip().startswith("|") else 0)
    above = _rows_above(text, start)
    heads = [row for row in above[: _head_length(above)] if at < len(row) and row[at]]
    column = " ".join(dict.fromkeys(row[at] for row in heads))
    section = next((row[0] for row in reversed(above) if row[0] and not any(row[1:])), "")
    row = cells[0] if at > 0 and cells else ""
    quote = " | ".join(cell for cell in (row, cells[at] if at < len(cells) else number.text) if cell)
    return NumberContext(quote, row, column, words_of(f"{row} {column} {section}"))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _rows_above(text: str, start: int) -> list[list[str]]:
    """Return the rows of a table above an offset, from its first, without the rule under the heading."""
    rows: list[list[str]] = []
    for line in reversed(text[:start].split("\n")[-MAX_ROWS:-1]):
        if line.count("|") < 2:
            break
        if not _RULE.fullmatch(line):
            rows.append(_cells(line))
    return rows[::-1]


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
