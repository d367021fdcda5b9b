"""An index of the numbers of a question and its passages, by every value that they may stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sandreckoner.core.problem import Passage
from sandreckoner.provenance.literals import NumberLiteral
from sandreckoner.provenance.number_phrases import dashes_as_zero, in_smaller_units, months, parts
from sandreckoner.provenance.table_context import NumberContext, context_of
from sandreckoner.reading.number_words import caption_scales
from sandreckoner.reading.numbers import Number, find_numbers

MAX_OCCURRENCES = 200  # of one value


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence of a number in a text, in one reading; `passage` is None for the question."""

    number: Number
    context: NumberContext
    passage: Passage | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class _IndexedNumber:
    """An occurrence before its context is determined."""

    number: Number
    text: str
    passage: Passage | None
    note: str = ""

    @property
    def where(self) -> tuple[str, int, int]:
        if self.passage is None:
            return "", 0, self.number.start
        return self.passage.source, self.passage.page, self.passage.start + self.number.start


class NumberIndex:
    """Indexes the numbers of the question and the passages by every value that they may stand for."""

    def __init__(self, question: str, passages: Sequence[Passage]) -> None:
        self._entries: dict[Fraction, list[_IndexedNumber]] = {}
        self._months: dict[Fraction, list[_IndexedNumber]] = {}
        self._percents: dict[Fraction, list[_IndexedNumber]] = {}
        self.has_passages = bool(passages)
        numbers = [find_numbers(text) for text in (question, *(passage.text for passage in passages))]
        scales = [caption_scales(f"{passage.title}\n{passage.text}") for passage in passages]
        self._add_text(question, numbers[0], None, ())
        for passage, found, multipliers in zip(passages, numbers[1:], scales, strict=True):
            self._add_text(passage.text, found, passage, multipliers)

    def _add_text(
        self, text: str, numbers: Sequence[Number], passage: Passage | None, scales: tuple[int, ...]
    ) -> None:
        for month in months(text):
            self._months.setdefault(month.value, []).append(_IndexedNumber(month, text, passage))
        for number in (*numbers, *dashes_as_zero(text)):
            values = {
                abs(value): _reading_note(number, abs(value)) for value in possible_values(number, scales)
            }
            if passage is None:
                values = {abs(value): note for value, note in in_smaller_units(text, number)} | values
            for value, note in values.items():
                self._entries.setdefault(value, []).append(_IndexedNumber(number, text, passage, note))
            for part in parts(number):
                entry = _IndexedNumber(part, text, passage, f"of {number.text}")
                self._entries.setdefault(part.value, []).append(entry)
            if number.unit == "%":
                self._percents.setdefault(abs(number.value), []).append(_IndexedNumber(number, text, passage))

    def find(self, literal: NumberLiteral) -> list[Occurrence]:
        """Return the occurrences that a literal may come from, in the order of the texts, each once."""
        value = abs(literal.value)
        entries = self._entries.get(value, [])
        if literal.role == "date":
            entries = entries + self._months.get(value, [])
        if not entries and literal.role in ("factor", "divisor", "value") and 0 < literal.value < 2:
            entries = self._grown(literal.value)
        places: dict[tuple[str, int, int], _IndexedNumber] = {}
        for entry in entries:
            places.setdefault(entry.where, entry)
        return [
            Occurrence(entry.number, context_of(entry.text, entry.number), entry.passage, entry.note)
            for entry in list(places.values())[:MAX_OCCURRENCES]
        ]

    def _grown(self, value: Fraction) -> list[_IndexedNumber]:
        """Find growth factors: `1.05` and `0.95` for a text that says 5%."""
        sign = "plus" if value > 1 else "minus"
        return [
            replace(entry, note=f"one {sign} {entry.number.text}")
            for entry in self._percents.get(abs(value - 1) * 100, [])
        ]


def possible_values(number: Number, scales: Sequence[int] = ()) -> tuple[Fraction, ...]:
    """Return every value that a number in a text may stand for, likeliest first.

    Args:
        number: as it was read.
        scales: what the caption of its table multiplies by, from `caption_scales`.
    """
    values = [number.value * number.scale, number.value]
    if number.unit in ("%", "bp"):
        values += [number.value / (100 if number.unit == "%" else 10_000)]
    elif number.scale == 1:
        values += [number.value * scale for scale in scales]
    if number.enclosed:
        values += [-value for value in values]
    return tuple(dict.fromkeys(values))


def _reading_note(number: Number, value: Fraction) -> str:
    """Explain how a value follows from a number, where it is not as written."""
    if abs(number.value) == value:
        return ""
    if abs(number.value * number.scale) == value:
        return f"written {number.text}"
    if number.unit in ("%", "bp") and value < abs(number.value):
        return f"written {number.text}"
    return f"times {int(value / abs(number.value)):,}, as the caption says" if number.value else ""
