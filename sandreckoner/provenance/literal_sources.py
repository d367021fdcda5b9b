"""Decide for each number of a program where it came from, the numbers of one program together.

The figures of a program are taken from one place as a rule: where one of them is sure, its row, its column
and its caption are evidence for the others, and its sentence names the reasons of constants.

A number of one digit occurs by chance in every fourth report, one of two in every twentieth. It counts where
its row, its column or its sentence is named by the variable; where only the question names it, the program's
other figures must stand beside it. In a short text, such as a word problem, every number counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sandreckoner.core.answer import NumberSource, Origin
from sandreckoner.core.problem import Passage
from sandreckoner.provenance.constants import constant_name, reasons_in
from sandreckoner.provenance.literals import NumberLiteral
from sandreckoner.provenance.number_index import NumberIndex, Occurrence
from sandreckoner.provenance.slips import better_row, other_years, slip_note
from sandreckoner.provenance.table_context import labels_beside, telling, words_of
from sandreckoner.provenance.unit_context import units_of

SHORT = 2  # digits
MANY_WORDS = 4  # of a question that a sentence shares
NEAR = 60  # characters on each side of a number
WORDS_BEFORE, WORDS_AFTER = 5, 5  # among which its noun may stand


def digits_of(literal: NumberLiteral) -> int:
    """Count the digits as written, or of the whole number that `4.1e6` is."""
    if literal.value.denominator == 1:
        return len(str(abs(literal.value.numerator)))
    return len("".join(filter(str.isdigit, literal.text.lower().split("e")[0])).lstrip("0"))


def is_named(occurrence: Occurrence, named: frozenset[str]) -> bool:
    """Whether a variable's words identify a place: by its row, column or sentence, or the noun it counts."""
    if occurrence.context.is_named_by(named):
        return True
    if occurrence.passage is None or occurrence.context.row or occurrence.context.column:
        return False
    return bool(telling(_words_near(occurrence)) & named)


def _words_near(occurrence: Occurrence) -> frozenset[str]:
    """Return the words just before and after a number of a sentence."""
    assert occurrence.passage is not None
    text, start, end = occurrence.passage.text, occurrence.number.start, occurrence.number.end
    before = re.split(r"[.;!?]\s|\n", text[max(0, start - NEAR) : start])[-1].split()
    after = re.split(r"[.,;:!?]\s|\n", text[end : end + NEAR])[0].split()
    return words_of(" ".join([*before[-WORDS_BEFORE:], *after[:WORDS_AFTER]]))


def is_asked_for(occurrence: Occurrence, asked: frozenset[str]) -> bool:
    """Whether a question names a place, and no better one: no other row of the table, no other years."""
    if other_years(occurrence, asked) or better_row(occurrence, asked):
        return False
    return occurrence.context.is_named_by(asked) or bool(_own_words(occurrence) & asked)


def is_asked_for_alone(occurrence: Occurrence, asked: frozenset[str]) -> bool:
    """Whether a question names all of a row's label, or four words of a sentence."""
    row = telling(words_of(occurrence.context.row))
    if occurrence.context.row or occurrence.context.column:
        return bool(row) and row <= asked
    return len(telling(occurrence.context.words & asked)) >= MANY_WORDS


def _own_words(occurrence: Occurrence) -> frozenset[str]:
    """Return the words of a row's label that no other label of its table has."""
    if occurrence.passage is None or not occurrence.context.row:
        return frozenset()
    others = [
        words_of(label)
        for label in labels_beside(occurrence.passage.text, occurrence.number)
        if label != occurrence.context.row
    ]
    return telling(words_of(occurrence.context.row)).difference(*others)


def stand_together(one: Occurrence, other: Occurrence, *, in_columns: bool = True) -> bool:
    """Whether two figures stand in one row or one sentence, or (`in_columns`) in one column."""
    if one.passage is None or other.passage is None:
        return False
    if (one.passage.source, one.passage.page) != (other.passage.source, other.passage.page):
        return False
    mine, theirs = one.context, other.context
    if mine.row or mine.column:
        same_row = mine.row and mine.row == theirs.row
        same_column = in_columns and mine.column and mine.column == theirs.column
        return bool(same_row or same_column)
    return not (theirs.row or theirs.column) and mine.words == theirs.words


SHOWN = 5  # places of an ambiguous number
_YEAR = re.compile(r"-?(?:19|20)\d\d")
_DAY_OF_DATE = re.compile(
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?\s?$", re.IGNORECASE
)
_SCALE_WORDS = {10**3: "thousand", 10**5: "lakh", 10**6: "million", 10**7: "crore", 10**9: "billion"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A literal with the places that it may come from, best first, and the words of its name."""

    literal: NumberLiteral
    named: frozenset[str]
    places: tuple[Occurrence, ...]

    @property
    def in_passages(self) -> tuple[Occurrence, ...]:
        return tuple(place for place in self.places if place.passage is not None)


def trace_literals(
    literals: Sequence[NumberLiteral], question: str, passages: Sequence[Passage]
) -> tuple[NumberSource, ...]:
    """Return the source of each literal, in their order."""
    return _Trace(literals, question, passages).sources()


class _Trace:
    """The literals of one program, the texts that they are searched in, and what is known of both."""

    def __init__(self, literals: Sequence[NumberLiteral], question: str, passages: Sequence[Passage]) -> None:
        self._asked = words_of(question)
        index = NumberIndex(question, passages)
        self._is_short_text = index.is_short_text
        self._reads_documents = index.reads_documents
        named = [words_of(literal.name) for literal in literals]
        self._found = [self._find(*pair, index) for pair in zip(literals, named, strict=True)]
        self._sure = [place for found in self._found for place in self._sure_places(found)]
        self._trusted = [found for found in self._found if found.in_passages and self._is_trusted(found)]
        texts = [
            question,
            *(literal.name for literal in literals),
            *(literal.operands for literal in literals),
        ]
        self._used = [self._best(found)[0] for found in self._trusted]
        texts += [f"{place.context.quote} {place.context.row} {place.context.column}" for place in self._used]
        if self._is_short_text or not self._used:
            texts += [passage.text for passage in passages]
        self._reasons = reasons_in(texts) | self._scale_words()

    @property
    def _rates(self) -> frozenset[Fraction]:
        """The sizes of the numbers that are per cent, or fractions of the question."""
        return frozenset(
            abs(found.literal.value)
            for found in self._found
            if any(place.passage is None or place.note or place.number.unit == "%" for place in found.places)
        )

    def sources(self) -> tuple[NumberSource, ...]:
        """Return the source of each literal."""
        rates = self._rates
        constants = [
            constant_name(found.literal, self._reasons, over_documents=self._reads_documents, rates=rates)
            for found in self._found
        ]
        return tuple(map(self._source, self._found, constants))

    def _find(self, literal: NumberLiteral, named: frozenset[str], index: NumberIndex) -> _Found:
        places = [
            place
            for place in index.find(literal, named | self._asked)
            if not _is_date_used_as_amount(literal, place)
            and not (self._reads_documents and _is_count_used_as_figure(literal, place))
        ]
        places.sort(key=lambda place: -_agreement(place, named, self._asked))
        return _Found(literal, named, tuple(places))

    def _sure_places(self, found: _Found) -> tuple[Occurrence, ...]:
        """Return the best place of a number that is long, or named by its variable."""
        places = found.in_passages
        if digits_of(found.literal) <= SHORT:
            places = tuple(place for place in places if is_named(place, found.named))
        return places[:1]

    def _scale_words(self) -> frozenset[str]:
        """Return the scales in which the program's figures are written."""
        scales = {place.number.scale for place in self._used}
        for place in self._used:
            assert place.passage is not None
            scales.update(units_of(place.passage.text, place.number, place.passage.title).scales)
        return frozenset(_SCALE_WORDS[scale] for scale in scales if scale in _SCALE_WORDS)

    def _source(self, found: _Found, constant: str) -> NumberSource:
        literal = found.literal
        in_question = [place for place in found.places if place.passage is None]
        if self._reads_documents and _is_used_too_often(found):
            note = "is used twice in one sum, and stands there once"
            return _made(literal, "unsourced", note, found.places[0].context.quote)
        if in_question and literal.role not in ("index", "digits"):
            times = f"stands there {len(in_question)} times" if len(in_question) > 1 else ""
            return _made(literal, "question", _join(in_question[0].note, times), in_question[0].context.quote)
        if constant:
            return _made(literal, "constant", constant)
        if not found.places:
            return _made(literal, "unsourced", "stands nowhere in the question or the passages")
        best = self._best(found)
        shown = tuple(_slice(place) for place in best[:SHOWN] if place.passage)
        if found not in self._trusted:
            note = self._distrust(found, best)
            return _made(literal, "unsourced", note, best[0].context.quote, shown)
        return _made(literal, "passage", self._note(found, best), best[0].context.quote, shown)

    def _distrust(self, found: _Found, best: list[Occurrence]) -> str:
        other = better_row(best[0], self._asked | found.named)
        if other and digits_of(found.literal) > SHORT:
            return f"stands in the row “{best[0].context.row}”, and the question asks for “{other}”"
        count = "one place" if len(best) == 1 else f"{len(best)} places"
        return f"too short to trust: stands in {count}, none named by the program or the question"

    def _best(self, found: _Found) -> list[Occurrence]:
        """Return the places in a passage, those beside the program's other figures first among equals."""
        return sorted(
            found.in_passages,
            key=lambda place: (
                -_agreement(place, found.named, self._asked),
                not any(stand_together(place, sure) for sure in self._sure),
                bool(place.note),
            ),
        )

    def _is_trusted(self, found: _Found) -> bool:
        places, digits = found.in_passages, digits_of(found.literal)
        if digits > SHORT + 1 or self._is_short_text or any(is_named(place, found.named) for place in places):
            return True
        words = self._asked | found.named
        if digits > SHORT:
            return bool(found.named) or not all(better_row(place, words) for place in places)
        if any(stand_together(place, sure, in_columns=False) for place in places for sure in self._sure):
            return True
        asked_for = [place for place in places if is_asked_for(place, words)]
        others = [one for other in self._found if other is not found for one in other.in_passages]
        return any(
            not others
            or is_asked_for_alone(place, words)
            or any(stand_together(place, other) for other in others)
            for place in asked_for
        )

    def _note(self, found: _Found, best: list[Occurrence]) -> str:
        first = best[0]
        rank = _agreement(first, found.named, self._asked)
        ties = _told_apart([place for place in best if _agreement(place, found.named, self._asked) == rank])
        ambiguous = f"ambiguous: {len(ties)} places fit equally well" if len(ties) > 1 else ""
        sign = _sign_note(found.literal.value < 0, first)
        return _join(str(first.context), slip_note(first, found.named), first.note, sign, ambiguous)


def _is_date_used_as_amount(literal: NumberLiteral, place: Occurrence) -> bool:
    """Whether a year, or the day of a date, would be used as an amount."""
    if literal.role == "date" or place.note:
        return False
    others = [value for value in literal.beside if value > 100]
    if _YEAR.fullmatch(place.number.text.strip()):
        return literal.value < 0 or any(not 1900 <= value <= 2100 for value in others)
    if place.number.value > 31 or place.number.value.denominator != 1 or not literal.beside:
        return False
    return _DAY_OF_DATE.search(place.before) is not None


def _is_count_used_as_figure(literal: NumberLiteral, place: Occurrence) -> bool:
    """Whether a figure with decimals, `7.0`, would come from a count without: `seven years`."""
    number = place.number
    whole = literal.value.denominator == 1 and "." in literal.text and "e" not in literal.text.lower()
    return whole and not place.note and not number.unit and "." not in number.text and "," not in number.text


def _is_used_too_often(found: _Found) -> bool:
    """Whether a nameless number is a term of one sum more often than the texts have it."""
    value = abs(found.literal.value)
    uses = 1 + found.literal.beside.count(value)
    return uses > 1 and value > 1 and not found.named and 0 < len(found.places) < uses


def _told_apart(places: Sequence[Occurrence]) -> set[tuple[str, object, object]]:
    """The figures among these places; a sentence that names a row of its document says it again."""
    rows = [(_source(place), words_of(place.context.row)) for place in places if place.context.row]
    return {
        _identity(place)
        for place in places
        if place.context.row
        or not any(_source(place) == source and words <= place.context.words for source, words in rows)
    }


def _source(place: Occurrence) -> str:
    return place.passage.source if place.passage else ""


def _identity(place: Occurrence) -> tuple[str, object, object]:
    """Identify a figure: one statement says it once for a row and a year, however often it is printed."""
    assert place.passage is not None
    context = place.context
    years = frozenset(re.findall(r"(?:19|20)\d\d", context.column))
    if context.row:
        return place.passage.source, words_of(context.row), years or words_of(context.column)
    return place.passage.source, context.words, context.quote if not context.words else ""


def _sign_note(is_negative: bool, place: Occurrence) -> str:
    """Note where the program's sign differs from the passage's; brackets mean minus, or nothing."""
    number = place.number
    if number.enclosed and not is_negative:
        if number.text.rstrip().endswith(("-", "−", "–")):
            return "with a minus behind it there"
        if number.text.rstrip(" .").lower().endswith("cr"):
            return "a credit there, which may mean minus"
        return "in brackets there, which may mean minus"
    if number.value < 0 and not number.enclosed and not is_negative:
        return "with a minus there"
    return "sign turned" if is_negative and number.value >= 0 else ""


def _agreement(place: Occurrence, named: frozenset[str], asked: frozenset[str]) -> int:
    """Count the words shared with the variable's name, which count twice, and with the question."""
    return 2 * len(place.context.words & named) + len(place.context.words & asked)


def _slice(place: Occurrence) -> Passage:
    passage, number = place.passage, place.number
    assert passage is not None
    start, end = passage.start + number.start, passage.start + number.end
    text = passage.text[number.start : number.end]
    return Passage(text, passage.source, passage.page, start, end, passage.score, passage.title)


def _made(
    literal: NumberLiteral, origin: Origin, note: str, quote: str = "", passages: tuple[Passage, ...] = ()
) -> NumberSource:
    return NumberSource(literal.text, literal.line, literal.column, origin, note, quote, passages)


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
