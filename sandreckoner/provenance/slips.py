"""Figures taken from another place than their variable says: another year's column, another item's row."""

from __future__ import annotations

import re

from sandreckoner.provenance.number_index import Occurrence
from sandreckoner.provenance.table_context import headings_beside, labels_beside, telling, words_of

_YEAR = re.compile(r"(?:19|20)\d\d")


def slip_note(occurrence: Occurrence, words: frozenset[str]) -> str:
    """Say where a figure stands in another column or row than the words of its variable name.

    Args:
        occurrence: where the figure was found.
        words: of the variable's name; `words_of(name)`.

    Returns:
        The slip in one line; empty where the words agree with the place, or say nothing about it.
    """
    if occurrence.passage is None:
        return ""
    said = sorted(word for word in words if _YEAR.fullmatch(word))
    stands = set(_YEAR.findall(occurrence.context.column))
    if said and stands and not stands & set(said):
        return f"but the program calls it {' and '.join(said)}"
    if other := better_row(occurrence, words, by_name=True):
        return f"but the program calls it by the row “{other}”"
    column = occurrence.context.column
    if column and not stands:
        for heading in headings_beside(occurrence.passage.text, occurrence.number):
            if not _YEAR.search(heading) and _is_better(heading, column, words, by_name=True):
                return f"but the program calls it by the column “{heading}”"
    return ""


def better_row(occurrence: Occurrence, words: frozenset[str], *, by_name: bool = False) -> str:
    """Return the label of another row of the same table, where words name that row and not a figure's own.

    Args:
        occurrence: where the figure was found.
        words: of a question, which must name the other row in full; or of a variable (`by_name`), which must
            name half of it. Neither may name of the own row what only that one says.
        by_name: whether the words are a variable's.
    """
    own = occurrence.context.row
    if not own or occurrence.passage is None or _YEAR.search(own):
        return ""
    others = labels_beside(occurrence.passage.text, occurrence.number)
    return next((other for other in others if _is_better(other, own, words, by_name=by_name)), "")


def _is_better(other: str, own: str, words: frozenset[str], *, by_name: bool) -> bool:
    ours, theirs = telling(words_of(own)), telling(words_of(other))
    if (ours - theirs) & words or ours <= words or not (theirs - ours) & words:
        return False
    return theirs <= words or (by_name and 2 * len(theirs & words) >= len(theirs))


def other_years(occurrence: Occurrence, words: frozenset[str]) -> bool:
    """Whether words name several years and a figure's column one outside them."""
    said = sorted(word for word in words if _YEAR.fullmatch(word))
    stands = _YEAR.findall(occurrence.context.column)
    return len(said) > 1 and bool(stands) and not any(said[0] <= year <= said[-1] for year in stands)
