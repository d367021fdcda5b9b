"""An index of the numbers of a question and its passages, by every value that they may stand for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import chain

from sandreckoner.core.problem import Passage
from sandreckoner.provenance.literals import NumberLiteral
from sandreckoner.provenance.notation import numbers_of
from sandreckoner.provenance.number_phrases import dashes_as_zero, months, parts, phrases
from sandreckoner.provenance.ranges import spread
from sandreckoner.provenance.table_context import NumberContext, context_of, has_table
from sandreckoner.provenance.unit_context import Units, units_of
from sandreckoner.provenance.unit_conversions import compounds, converted
from sandreckoner.reading.numbers import Number

MAX_SHORT_TEXT = 1_500  # characters of all passages together
NUMERATOR, DENOMINATOR = "numerator", "denominator"  # of a percentage as a fraction: 25% is 1/4
CACHED_TEXTS = 64  # whose numbers are remembered
MAX_OCCURRENCES = 200  # of one value
BEFORE = 12  # characters before a number, where the month of a date may stand
_MULTIPLIERS = (10**3, 10**4, 10**5, 10**6, 10**7, 10**8, 10**9)
_DIVISORS = (100, 10_000)
_MIN_ROUNDED_DIGITS = 3  # of a fraction such as 0.333


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence of a number in a text, in one reading; `passage` is None for the question.

    Attributes:
        number: as it was read.
        context: its row and column, or its sentence.
        passage: that it stands in.
        note: how the value follows from what is written.
        before: the characters before it.
    """

    number: Number
    context: NumberContext
    passage: Passage | None
    note: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class _Indexed:
    """A number in one reading, before its context is determined.

    Attributes:
        number: as it was read; its span is what the text says.
        text: of the question or the passage.
        passage: None for the question.
        note: how the value follows from what is written.
        unit: what the value is in, where that is not what is written; a name must say so in a passage.
    """

    number: Number
    text: str
    passage: Passage | None
    note: str = ""
    unit: str = ""

    @property
    def where(self) -> tuple[str, int, int]:
        if self.passage is None:
            return "", 0, self.number.start
        return self.passage.source, self.passage.page, self.passage.start + self.number.start


class NumberIndex:
    """Indexes the numbers of the question and the passages by every value that they may stand for."""

    def __init__(self, question: str, passages: Sequence[Passage]) -> None:
        self._values: defaultdict[Fraction, list[_Indexed]] = defaultdict(list)
        self._months: defaultdict[Fraction, list[_Indexed]] = defaultdict(list)
        self._shares: defaultdict[Fraction, list[_Indexed]] = defaultdict(list)
        self._endless: list[_Indexed] = []  # fractions without an end, such as two thirds
        self.is_short_text = is_short_text(passages)
        self.reads_documents = bool(passages) and not self.is_short_text
        for text, passage in ((question, None), *((passage.text, passage) for passage in passages)):
            self._add_text(text, passage)

    def _add_text(self, text: str, passage: Passage | None) -> None:
        for reading in _readings(text):
            entry = _Indexed(reading.number, text, passage, reading.note, reading.unit)
            if reading.is_month:
                self._months[reading.value].append(entry)
                continue
            self._values[abs(reading.value)].append(entry)
            if reading.share is not None:
                self._shares[reading.share].append(entry)
            if not _ends(reading.value):
                self._endless.append(replace(entry, number=replace(entry.number, value=reading.value)))

    def find(self, literal: NumberLiteral, words: frozenset[str] = frozenset()) -> list[Occurrence]:
        """Return the occurrences that a literal may come from, in the order of the texts, each once.

        Args:
            literal: a number of a program.
            words: of its name and of the question; a unit that the passage does not have must be among them.
        """
        places: dict[tuple[str, int, int], _Indexed] = {}
        for entry in self._candidates(literal, words):
            places.setdefault(entry.where, entry)
        return [
            Occurrence(
                entry.number,
                context_of(entry.text, entry.number),
                entry.passage,
                entry.note,
                entry.text[max(0, entry.number.start - BEFORE) : entry.number.start],
            )
            for entry in list(places.values())[:MAX_OCCURRENCES]
        ]

    def _candidates(self, literal: NumberLiteral, words: frozenset[str]) -> Iterator[_Indexed]:
        value = abs(literal.value)
        found = [entry for entry in self._values.get(value, []) if self._is_asked_for(entry, literal, words)]
        found += self._scaled(value)
        if literal.role == "date":
            found += self._months.get(value, [])
        if not found:
            found = self._rounded(literal.text, value)
        if not found and literal.role in ("factor", "divisor", "value", "term") and 0 < literal.value < 2:
            found = self._grown(literal.value)
        return iter(found)

    def _is_asked_for(self, entry: _Indexed, literal: NumberLiteral, words: frozenset[str]) -> bool:
        """Whether a reading in another unit is named by the program or the question, or needs no name."""
        if not entry.unit:
            return True
        if entry.unit in (NUMERATOR, DENOMINATOR):
            in_place = literal.role == "divisor" if entry.unit == DENOMINATOR else literal.over_number
            return in_place and not self.reads_documents
        return entry.unit in words or not self.reads_documents

    def _scaled(self, value: Fraction) -> Iterator[_Indexed]:
        """Find numbers that stand for a value by the unit of their cell, their headings or their caption."""
        for scale in _MULTIPLIERS:
            for entry in self._values.get(value / scale, [])[:MAX_OCCURRENCES]:
                if entry.passage and not entry.note and scale in self._units(entry).scales:
                    yield replace(entry, note=f"times {scale:,}, as {self._units(entry).where} says")
        for divisor in _DIVISORS:
            for entry in self._values.get(value * divisor, [])[:MAX_OCCURRENCES]:
                if entry.passage and not entry.note and self._units(entry).divisor == divisor:
                    unit = "per cent" if divisor == 100 else "basis points"
                    yield replace(entry, note=f"in {unit}, as {self._units(entry).where} says")

    def _units(self, entry: _Indexed) -> Units:
        assert entry.passage is not None
        return units_of(entry.text, entry.number, entry.passage.title)

    def _rounded(self, written: str, value: Fraction) -> list[_Indexed]:
        """Find the fractions without an end that a literal rounds: `0.667` for two thirds."""
        decimals = len(written.partition(".")[2])
        if value.denominator == 1 or sum(map(str.isdigit, written.lstrip("-0."))) < _MIN_ROUNDED_DIGITS:
            return []
        margin = Fraction(1, 2 * 10**decimals)
        return [
            replace(entry, note=f"rounded from {before}{entry.number.text}")
            for entry in self._endless
            for before, base in (("", 0), ("one plus ", 1), ("one minus ", 1))
            if abs(abs(base - entry.number.value if "minus" in before else base + entry.number.value) - value)
            <= margin
        ]

    def _grown(self, value: Fraction) -> list[_Indexed]:
        """Find growth factors: `1.05` and `0.95` for a text that says 5%, `1.5` for one that says half."""
        sign = "plus" if value > 1 else "minus"
        return [
            replace(entry, note=f"one {sign} {entry.number.text}")
            for entry in self._shares.get(abs(value - 1), [])
        ]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A value that a number of a text may stand for; see `_Indexed` for the rest."""

    value: Fraction
    number: Number
    note: str = ""
    unit: str = ""
    is_month: bool = False
    share: Fraction | None = None


@lru_cache(maxsize=CACHED_TEXTS)
def _readings(text: str) -> tuple[_Reading, ...]:
    """Read every number of a text in every way; remembered, as a run traces over the same passages often."""
    written = tuple(numbers_of(text))
    at = {(number.end, number.value * number.scale) for number in written}
    said = tuple(number for number in phrases(text) if (number.end, number.value) not in at)
    found = [_Reading(month.value, month, is_month=True) for month in months(text)]
    for number in chain(written, said, dashes_as_zero(text), spread(text, written)):
        found += [_Reading(value, number, _reading_note(number, value)) for value in possible_values(number)]
        found[-1] = replace(found[-1], share=_share(number))
        found += [_Reading(part.value, part, f"of {number.text}") for part in parts(number)]
        if number.unit == "%":
            share = number.value / 100
            found.append(_Reading(Fraction(share.denominator), number, f"of {number.text}", DENOMINATOR))
            found.append(_Reading(Fraction(share.numerator), number, f"of {number.text}", NUMERATOR))
    others = chain(compounds(text), *(converted(text, number) for number in (*written, *said)))
    found += [
        _Reading(other.number.value, other.number, other.note, other.unit if other.note else "")
        for other in others
    ]
    return tuple(found)


def _share(number: Number) -> Fraction | None:
    """Return by how much something may grow or shrink: a percentage, or a fraction in words."""
    if number.unit == "%":
        return number.value / 100
    is_fraction = 0 < number.value < 1 and not number.unit and not re.search(r"\d\.\d", number.text)
    return number.value if is_fraction else None


def possible_values(number: Number) -> tuple[Fraction, ...]:
    """Return every value that a number in a text may stand for by itself, likeliest first."""
    values = [number.value * number.scale, number.value]
    if number.unit == "%":
        values.append(number.value / 100)
    elif number.unit == "bp":
        values += [number.value / 10_000, number.value / 100]
    if number.enclosed:
        values += [-value for value in values]
    return tuple(dict.fromkeys(values))


def is_short_text(passages: Sequence[Passage]) -> bool:
    """Whether passages are prose so short that a number in them is hardly there by chance."""
    length = sum(len(passage.text) for passage in passages)
    return 0 < length <= MAX_SHORT_TEXT and not any(has_table(passage.text) for passage in passages)


def _ends(value: Fraction) -> bool:
    """Whether a fraction has finitely many decimals."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _reading_note(number: Number, value: Fraction) -> str:
    """Explain how a value follows from a number, where it is not as written."""
    return "" if abs(number.value) == abs(value) else f"written {number.text}"
