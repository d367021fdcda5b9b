"""A quantity in other units than the text has it in: `2 1/2 hours` as 150, `40 cents` as 0.40."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sandreckoner.provenance.number_phrases import AMOUNT, FRACTION, amount, fraction
from sandreckoner.reading.number_words import CARDINAL
from sandreckoner.reading.numbers import Number

# For each unit, how many of another one it is.
_HOLDS: dict[str, dict[str, int | Fraction]] = {
    "second": {},
    "minute": {"second": 60, "hour": Fraction(1, 60)},
    "hour": {"minute": 60, "second": 3600},
    "day": {"hour": 24, "minute": 1440},
    "week": {"day": 7, "hour": 168},
    "fortnight": {"day": 14, "week": 2},
    "month": {"week": 4, "day": 30},
    "quarter": {"month": 3},
    "year": {"month": 12, "week": 52, "day": 365, "quarter": 4},
    "decade": {"year": 10},
    "century": {"year": 100},
    "cent": {"dollar": Fraction(1, 100)},
    "penny": {"dollar": Fraction(1, 100)},
    "nickel": {"cent": 5, "dollar": Fraction(1, 20)},
    "dime": {"cent": 10, "dollar": Fraction(1, 10)},
    "dollar": {"cent": 100},
    "dozen": {"piece": 12},
    "score": {"piece": 20},
    "pair": {"piece": 2},
    "inch": {"foot": Fraction(1, 12)},
    "foot": {"inch": 12},
    "yard": {"foot": 3, "inch": 36},
    "mile": {"foot": 5280, "yard": 1760},
    "kilometre": {"metre": 1000},
    "metre": {"centimetre": 100, "millimetre": 1000},
    "centimetre": {"millimetre": 10, "metre": Fraction(1, 100)},
    "tonne": {"kilogram": 1000},
    "kilogram": {"gram": 1000},
    "gram": {"kilogram": Fraction(1, 1000)},
    "ton": {"pound": 2000},
    "pound": {"ounce": 16},
    "ounce": {"pound": Fraction(1, 16)},
    "litre": {"millilitre": 1000},
    "millilitre": {"litre": Fraction(1, 1000)},
    "gallon": {"quart": 4, "pint": 8, "cup": 16},
    "quart": {"pint": 2, "cup": 4},
    "pint": {"cup": 2},
}
_SPELLED = {
    **{
        "feet": "foot",
        "ft": "foot",
        "inches": "inch",
        "in.": "inch",
        "yd": "yard",
        "¢": "cent",
        "yr": "year",
    },
    **{"pence": "penny", "pennies": "penny", "hr": "hour", "h": "hour", "min": "minute", "sec": "second"},
    **{"wk": "week", "mo": "month", "lb": "pound", "oz": "ounce", "kg": "kilogram", "kilo": "kilogram"},
    **{"km": "kilometre", "kilometer": "kilometre", "meter": "metre", "cm": "centimetre", "m": "metre"},
    **{"centimeter": "centimetre", "g": "gram", "ml": "millilitre", "milliliter": "millilitre"},
    **{"liter": "litre", "l": "litre", "centuries": "century", "gal": "gallon", "day's": "day"},
}
_WORD = "|".join(sorted(map(re.escape, {*_HOLDS, *_SPELLED}), key=len, reverse=True))
_UNIT = re.compile(rf"[ -]?(?:(?:of )?an? |of )?(?P<unit>{_WORD})(?:s|'s|s')?(?![\w-])", re.IGNORECASE)
_AND_PART = re.compile(
    rf"(?<![\w.])(?P<n>an?|{CARDINAL}|\d+)[ -](?P<unit>{_WORD})s?[ -]and[ -](?P<part>{FRACTION})"
    r"(?![\w-])(?! of)",
    re.IGNORECASE,
)
_COMPOUND = re.compile(
    rf"(?<![\w.])(?P<n>{AMOUNT})[ -]?(?P<unit>{_WORD})s?,?(?: and)? ?"
    rf"(?P<m>{AMOUNT})[ -]?(?P<smaller>{_WORD})s?(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Converted:
    """A quantity in another unit; `note` says how, `unit` in which."""

    number: Number
    note: str
    unit: str


def converted(text: str, number: Number) -> Iterator[Converted]:
    """Yield a number in the other units that it is often computed in."""
    match = _UNIT.match(text, number.end)
    if match is not None and not number.unit:
        yield from _in_others(number, number.value * number.scale, _singular(match["unit"]))


def compounds(text: str) -> Iterator[Converted]:
    """Yield the quantities said in two parts: `an hour and a half`, `6 feet 2 inches`."""
    for match in _AND_PART.finditer(text):
        whole, part = amount(match["n"]), fraction(match["part"].lower())
        if whole is not None and part is not None:
            number = Number(match[0], match.start(), match.end(), whole + part)
            yield Converted(number, "", _singular(match["unit"]))
            yield from _in_others(number, whole + part, _singular(match["unit"]))
    for match in _COMPOUND.finditer(text):
        unit, smaller = _singular(match["unit"]), _singular(match["smaller"])
        held, first, second = _HOLDS[unit].get(smaller, 0), amount(match["n"]), amount(match["m"])
        if held and first is not None and second is not None:
            number = Number(match[0], match.start(), match.end(), first + second / held)
            yield Converted(number, "", unit)
            yield from _in_others(number, number.value, unit)


def _in_others(number: Number, value: Fraction, unit: str) -> Iterator[Converted]:
    for other, held in _HOLDS[unit].items():
        said = number.text if number.text.lower().rstrip("s").endswith(unit) else f"{number.text} {unit}"
        made = Number(number.text, number.start, number.end, value * held)
        yield Converted(made, f"{said}, in {other}s", other)


def _singular(word: str) -> str:
    word = word.lower()
    return _SPELLED.get(word, word)
