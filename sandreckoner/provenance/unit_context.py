"""The unit and the scale of a number that stand elsewhere: in the next cell, the headings or the caption.

The nearest word counts: a column "Rate (%)" in a table in thousands is in per cent. A caption belongs to the
table below it, so that the page's next table has its own or none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandreckoner.provenance.table_context import MAX_LABEL_WORDS, cell_of
from sandreckoner.reading.number_words import SCALES, caption_scales
from sandreckoner.reading.numbers import Number

MAX_LINES = 60  # lines above a figure that are searched for its caption
MAX_PROSE_WORDS = 25  # of a line; a longer one without a caption ends a table of lines
_PERCENT = re.compile(r"(?<!\d)(?<!\d )(?:%|\b(?:per\s?cent(?:age)?s?|pct|prozent)\b)", re.IGNORECASE)
_BASIS = re.compile(r"\b(?:bps?|basis points)\b", re.IGNORECASE)
_PER = re.compile(r"\bper\b(?!\s?cent)|\bratio\b", re.IGNORECASE)  # no scale of the table holds for these
# Says the scale of all amounts of a text, not of one table.
_GENERAL = re.compile(
    r"(?:\b(?:all|unless|throughout|everywhere)\b|\bthis (?:report|document|filing)\b)[^\n]{0,100}",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"(?<!\d )\b(thousand|million|billion)s\b", re.IGNORECASE)
_MORE = (
    (1000, r"\bTsd\b|\bTEUR\b|T€|\bmilliers\b|\bin tausend\b|千[円元]|\bmiles de\b"),
    (1000, r"(?<!\d)[,']?000s?(?=\s*(?:omitted|\)|$))"),
    (10**4, r"万[円元]|萬元"),
    (10**5, r"\blakhs?\b"),
    (10**6, r"\bMio\b|\bMillionen\b|\bmillions d|\bmillones\b|百万|\bmln\b|\bmilioni\b|\bmiljoen\b"),
    (10**7, r"\bcrores?\b|千万"),
    (10**8, r"[亿億][円元]"),
    (10**9, r"\bMrd\b|\bMilliarden\b|\bmilliards\b|十[亿億]"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Units:
    """What a number is multiplied by, as its surroundings say.

    Attributes:
        divisor: 100 for per cent, 10,000 for basis points, else 1.
        scales: multipliers of the nearest caption, such as 1,000,000; empty without one.
        where: what says so: `the next cell`, `the row`, `the column` or `the caption`.
    """

    divisor: int = 1
    scales: tuple[int, ...] = ()
    where: str = ""


def units_of(text: str, number: Number, title: str = "") -> Units:
    """Return the unit and the scale of a number that has none of its own.

    Args:
        text: of the passage.
        number: in it.
        title: of the passage; read where no caption stands nearer.
    """
    if number.scale != 1 or number.unit in ("%", "bp"):
        return Units()
    start = text.rfind("\n", 0, number.start) + 1
    stop = text.find("\n", number.end)
    line = text[start : len(text) if stop < 0 else stop]
    if line.count("|") >= 2:
        return _in_table(text, number, title)
    label = re.split(r"\d", line, maxsplit=1)[0]
    words = len(re.findall("[^\\W\\d_]{2,}", line))
    if words > MAX_LABEL_WORDS:
        return Units(1, _scales(line) or _general(text), "the caption")
    return _said(label, number, "the row") or Units(
        1, _scales_above(text[:start]) or _title(text, title), "the caption"
    )


def _in_table(text: str, number: Number, title: str) -> Units:
    cell = cell_of(text, number)
    if found := _said(cell.unit, number, "the next cell"):
        return found
    if found := _said(cell.row, number, "the row") or _said(cell.column, number, "the column"):
        return found
    if found := _said(cell.section, number, "the section"):
        return found
    if _PER.search(cell.row) or _PER.search(cell.column):
        return Units()
    caption = _said(cell.corner, number, "the caption") or _caption_above(text, cell.above, number)
    return caption or Units(1, _title(text, title), "the caption")


def _said(label: str, number: Number, where: str) -> Units | None:
    """Return what a label says of its numbers' unit."""
    if not number.unit and _PERCENT.search(label):
        return Units(100, (), where)
    if not number.unit and _BASIS.search(label):
        return Units(10_000, (), where)
    scales = _scales(label)
    return Units(1, scales, where) if scales else None


def _caption_above(text: str, first: int, number: Number) -> Units | None:
    """Return what the nearest line between a table and the one above it says of the unit."""
    lines = text[:first].split("\n")[-MAX_LINES:]
    for line in reversed(lines):
        if line.count("|") >= 2:
            return None
        if len(line.split()) <= MAX_LABEL_WORDS and (found := _said(line, number, "the caption")):
            return found
        if scales := _scales(line):
            return Units(1, scales, "the caption")
    return None


def _scales_above(above: str) -> tuple[int, ...]:
    """Return the scales of the caption above a line of figures, as PDF tables are extracted."""
    for line in reversed(above.split("\n")[-MAX_LINES:]):
        if scales := _scales(line):
            return scales
        if line.count("|") >= 2 or _is_prose(line):
            return ()
    return ()


def _is_prose(line: str) -> bool:
    words = len(re.findall("[^\\W\\d_]{2,}", line))
    return words > MAX_PROSE_WORDS or (words > MAX_LABEL_WORDS and line.rstrip().endswith("."))


def _title(text: str, title: str) -> tuple[int, ...]:
    return _scales(title) or _general(text)


def _general(text: str) -> tuple[int, ...]:
    """Return the scales that a text says once for all of its amounts."""
    return tuple(dict.fromkeys(scale for match in _GENERAL.finditer(text) for scale in _scales(match[0])))


def _scales(line: str) -> tuple[int, ...]:
    more = [scale for scale, pattern in _MORE if re.search(pattern, line)]
    if len(line.split()) <= MAX_LABEL_WORDS:
        more += [SCALES[match[1].lower()] for match in _PLURAL.finditer(line)]
    return tuple(dict.fromkeys([*caption_scales(line), *more]))
