"""Whether a number of one or two digits that stands in a passage was taken from there, or is there by chance.

A number of one digit occurs by chance in every fourth report, one of two in every twentieth. It counts where
its row, its column or its sentence is named by the variable; where only the question names it, the program's
other figures must stand beside it. In a short text, such as a word problem, every number counts.
"""

from __future__ import annotations

import re

from sandreckoner.provenance.literals import NumberLiteral
from sandreckoner.provenance.number_index import Occurrence
from sandreckoner.provenance.slips import better_row, other_years
from sandreckoner.provenance.table_context import labels_beside, telling, words_of

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
