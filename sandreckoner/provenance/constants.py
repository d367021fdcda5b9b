"""Numbers that need no source: named constants, and only where they are used as such."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sandreckoner.provenance.literal_roles import Role
from sandreckoner.provenance.literals import NumberLiteral

_SCALING: frozenset[Role] = frozenset({"factor", "divisor", "modulus"})
_BY_ROLE: dict[Role, str] = {
    "index": "a position in a list",
    "exponent": "an exponent",
    "digits": "decimals to round to",
}
_ZERO, _ONE = "nothing, or the start of a sum", "one: a whole, or the step of a count"
# Constants that no value comes from: a program with no other number takes its answer from elsewhere.
STRUCTURAL = frozenset({*_BY_ROLE.values(), _ZERO, _ONE})


@dataclass(frozen=True, slots=True)
class Constant:
    """A well-known number.

    Attributes:
        values: what it may be.
        name: what it is.
        words: one of these must be near, in the question or in the variable's name; empty where multiplying
            or dividing by it says enough.
    """

    values: frozenset[Fraction]
    name: str
    words: frozenset[str]


def _constant(values: str, name: str, words: str = "") -> Constant:
    return Constant(frozenset(map(Fraction, values.split())), name, frozenset(words.split()))


CONSTANTS = (
    _constant("100 1/100", "per cent"),
    _constant("10000", "basis points", "basis point bp bps"),
    _constant("1000 1/1000", "unit factor: thousand"),
    _constant("1000000 1/1000000", "unit factor: million"),
    _constant("1000000000 1/1000000000", "unit factor: billion"),
    _constant("157/50 22/7 3927/1250 314159/100000", "π"),
    _constant("12", "months in a year", "month monthly year annual annually yearly"),
    _constant("12", "a dozen", "dozen"),
    _constant("12", "inches in a foot", "inch foot feet"),
    _constant("4", "quarters in a year", "quarter quarterly annualized annualised"),
    _constant("4", "weeks in a month", "week weekly month"),
    _constant("52", "weeks in a year", "week weekly year"),
    _constant("365 366 360", "days in a year", "day daily year annual"),
    _constant("30 31", "days in a month", "day daily month"),
    _constant("7", "days in a week", "day daily week weekly"),
    _constant("24", "hours in a day", "hour hourly day daily"),
    _constant("60", "minutes in an hour, seconds in a minute", "minute hour second"),
    _constant("3600", "seconds in an hour", "second hour"),
    _constant("1440", "minutes in a day", "minute day"),
    _constant("10", "years in a decade", "decade"),
    _constant("5 1/20", "cents in a nickel", "nickel"),
    _constant("10 1/10", "cents in a dime", "dime"),
    _constant("25 1/4", "cents in a quarter", "quarter coin"),
    _constant("3", "feet in a yard", "yard"),
    _constant("5280", "feet in a mile", "mile"),
    _constant("16", "ounces in a pound", "ounce pound"),
    _constant("2000", "pounds in a ton", "ton"),
    _constant("4", "quarts in a gallon", "quart gallon"),
    _constant("4", "sides of a square", "square"),
    _constant("180 360", "degrees of a half turn, of a turn", "angle degree"),
)


def constant_name(literal: NumberLiteral, words: frozenset[str], *, over_documents: bool = False) -> str:
    """Name a number that needs no source; empty for one that does.

    Args:
        literal: a number of a program.
        words: lower-case words of the question and of the variable's name.
        over_documents: whether figures are read from passages; then a name's only value is a figure too,
            even a 0 or a 1.
    """
    value, scaling = abs(literal.value), literal.role in _SCALING
    if literal.role in _BY_ROLE and value <= 12:
        return _BY_ROLE[literal.role]
    if value in (0, 1) and not _is_figure(literal, over_documents):
        return _ZERO if value == 0 else _ONE
    if literal.role == "divisor" and value == literal.terms:
        return f"mean of {literal.terms}"
    if (value == 2 and literal.role in ("divisor", "modulus") and literal.terms <= 2) or (
        value == Fraction(1, 2) and scaling
    ):
        return "half, or mean of two"
    for constant in CONSTANTS:
        near = bool(words & constant.words) or (scaling and not constant.words)
        if near and value in constant.values and (scaling or literal.alone):
            return constant.name
    return ""


def _is_figure(literal: NumberLiteral, over_documents: bool) -> bool:
    """Whether a 0 or a 1 is used like a figure: added to another figure, or as a name's only value."""
    if literal.beside is not None:
        return literal.value == 0 or literal.beside >= 1
    return literal.kept and over_documents and literal.role != "date"
