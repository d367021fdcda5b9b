"""Numbers that a text expresses in other words: `half` is 2, `April` 4, `40 cents` 0.40, a dash 0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from sandreckoner.reading.numbers import Number

_MONTHS = re.findall(
    r"\w+",
    "january february march april may june july august september october november december",
)
_MONTH = re.compile(
    r"\b(?:" + "|".join(f"{month[:3]}(?:t|{month[3:]})?" for month in _MONTHS) + r")\b", re.IGNORECASE
)
_NOTHING = re.compile(r"(?<=\|)\s*\$?\s*([-–—])\s*(?=\|)")  # a dash alone in a cell
_UNIT = re.compile(
    r"[ -]?(cents?|weeks?|hours?|minutes?|days?|years?|dozen|decades?|feet|foot|yards?)\b", re.I
)
# How many of a smaller unit a unit holds.
_HOLDS = {
    "week": (7,),
    "hour": (60,),
    "minute": (60,),
    "day": (24,),
    "year": (12, 52, 365),
    "dozen": (12,),
    "decade": (10,),
    "feet": (12,),
    "foot": (12,),
    "yard": (3,),
}


def months(text: str) -> Iterator[Number]:
    """Yield month names as numbers, `April` as 4; only the month of a date should be matched with these."""
    for match in _MONTH.finditer(text):
        month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(match[0].lower()[:3]))
        yield Number(match[0], match.start(), match.end(), Fraction(month))


def dashes_as_zero(text: str) -> Iterator[Number]:
    """Yield each dash that is the whole cell of a table, as 0."""
    for match in _NOTHING.finditer(text):
        yield Number(match[1], *match.span(1), Fraction(0))


def parts(number: Number) -> Iterator[Number]:
    """Yield the parts of a fraction: `3/4` is 3 and 4, `two thirds` is 2 and 3, `half` is 2."""
    yield from number.parts
    if not number.parts and number.value.denominator > 1 and not any(map(str.isdigit, number.text)):
        yield replace(number, value=Fraction(number.value.numerator))
        yield replace(number, value=Fraction(number.value.denominator))


def in_smaller_units(text: str, number: Number) -> Iterator[tuple[Fraction, str]]:
    """Yield a number in other units, with an explanation: `40 cents` as 0.40, `3 weeks` as 21."""
    match = _UNIT.match(text, number.end)
    if match is None:
        return
    unit = match[1].lower()
    if unit.startswith("cent"):
        yield number.value / 100, f"{number.text} {unit}"
    for held in _HOLDS.get(unit.removesuffix("s"), ()):
        yield number.value * held, f"{number.text} {unit}, times {held}"
