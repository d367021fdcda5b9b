"""The numbers of a question and its passages, by every value that they may stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sandreckoner.chains.places import Place, place_of
from sandreckoner.chains.wordings import in_smaller_units, months, nothings, parts
from sandreckoner.core.literals import Literal
from sandreckoner.core.numbers import Number, find_numbers
from sandreckoner.core.passage import Passage
from sandreckoner.core.scales import caption_scales


@dataclass(frozen=True, slots=True)
class Span:
    """A number of a text, read in one way. `passage` is None where the text is the question."""

    number: Number
    place: Place
    passage: Passage | None
    note: str = ""


class NumberIndex:
    """All numbers of the question and the passages, by every value that they may stand for."""

    def __init__(self, question: str, passages: Sequence[Passage]) -> None:
        self._spans: dict[Fraction, list[Span]] = {}
        self._months: dict[Fraction, list[Span]] = {}
        self._percents: list[Span] = []
        self.has_passages = bool(passages)
        self._add_text(question, None, ())
        for passage in passages:
            self._add_text(passage.text, passage, caption_scales(f"{passage.title}\n{passage.text}"))

    def _add_text(self, text: str, passage: Passage | None, scales: tuple[int, ...]) -> None:
        for month in months(text):
            span = Span(month, place_of(text, month), passage)
            self._months.setdefault(month.value, []).append(span)
        for number in (*find_numbers(text), *nothings(text)):
            place = place_of(text, number)
            values = {abs(value): _reading_note(number, abs(value)) for value in number.readings(scales)}
            if passage is None:
                values = {abs(value): note for value, note in in_smaller_units(text, number)} | values
            for value, note in values.items():
                self._spans.setdefault(value, []).append(Span(number, place, passage, note))
            for part in parts(number):
                self._spans.setdefault(part.value, []).append(Span(part, place, passage, f"of {number.text}"))
            if number.unit == "%":
                self._percents.append(Span(number, place, passage))

    def find(self, literal: Literal) -> list[Span]:
        """The spans that a literal may come from, in the order of the texts, each place once."""
        value = abs(literal.value)
        spans = self._spans.get(value, [])
        if literal.role == "date":
            spans = spans + self._months.get(value, [])
        if not spans and literal.role in ("factor", "divisor", "value") and 0 < literal.value < 2:
            spans = list(self._grown(literal.value))
        places: dict[object, Span] = {}
        for span in spans:
            where = span.passage and (span.passage.source, span.passage.page)
            places.setdefault((where, _offset(span)), span)
        return list(places.values())

    def _grown(self, value: Fraction) -> Iterator[Span]:
        """`1.05` and `0.95` for a text that says 5%."""
        for span in self._percents:
            if abs(value - 1) == abs(span.number.value) / 100 and value != 1:
                note = f"one {'plus' if value > 1 else 'minus'} {span.number.text}"
                yield Span(span.number, span.place, span.passage, note)


def _reading_note(number: Number, value: Fraction) -> str:
    """How a value comes from a number, where it is not as written."""
    if abs(number.value) == value:
        return ""
    if abs(number.value * number.scale) == value:
        return f"written {number.text}"
    if number.unit in ("%", "bp") and value < abs(number.value):
        return f"written {number.text}"
    return f"times {int(value / abs(number.value)):,}, as the caption says" if number.value else ""


def _offset(span: Span) -> int:
    return (span.passage.start if span.passage else 0) + span.number.start
