"""Numbers that need no source: named constants, and only where they are used as such and their reason stands.

A reason is a word: of the question, of the names in the program, of the sentences, rows and captions that the
program's figures were found in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sandreckoner.provenance.literals import NumberLiteral, Role

_SCALING: frozenset[Role] = frozenset({"factor", "divisor", "modulus"})
_STRUCTURAL: dict[Role, str] = {"index": "a position in a list", "digits": "decimals to round to"}
_ZERO, _ONE = "nothing, or the start of a sum", "one: a whole, or the step of a count"
# Constants that no value comes from: a program with no other number takes its answer from elsewhere.
STRUCTURAL = frozenset({*_STRUCTURAL.values(), _ZERO, _ONE})
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[^\W\d_]+|(?:19|20)\d\d|%")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Constant:
    """A well-known number.

    Attributes:
        values: what it may be.
        name: what it is.
        reasons: of each of these sets of words one must be near.
        roles: how it may be used, besides as the only value of a name.
    """

    values: frozenset[Fraction]
    name: str
    reasons: tuple[frozenset[str], ...]
    roles: frozenset[Role] = _SCALING

    @property
    def names(self) -> tuple[frozenset[str], ...]:
        """The words of which a name that is given this value must have one."""
        return (_PERCENT_NAMES,) if self.name == "per cent" else self.reasons


def _constant(values: str, name: str, *reasons: str, roles: frozenset[Role] = _SCALING) -> Constant:
    groups = tuple(frozenset(group.split()) for group in reasons)
    return Constant(frozenset(map(Fraction, values.split())), name, groups, roles)


_SECOND, _MINUTE, _HOUR = "second sec", "minute min", "hour hourly hr mph kph kmh"
_DAY = "day daily night nightly morning evening afternoon breakfast lunch dinner today weekday"
_WEEK, _MONTH = "week weekly weekend", "month monthly"
_QUARTER = "quarter quarterly annualized annualised"
_YEAR_WORDS = "year yearly annual annually annum annualized annualised apr"
_PERCENT = (
    "% percent percentage pct cent rate ratio share margin growth proportion fraction discount interest "
    "return yield tip commission probability"
)
_PERCENT_NAMES = frozenset({"percent", "percentage", "pct", "hundred", "per"})
_POWER: frozenset[Role] = frozenset({"exponent"})
_HALF = (
    "half halve halved halving average mean avg median midpoint middle split evenly both two "
    "twice double doubled pair couple twin round roundtrip perimeter rectangle circumference diameter "
    "radius triangle triangular trapezoid kinetic even odd alternate semiannual biannual vice isosceles"
)

_KILO = (
    "thousand k kilo kilogram kilometer kilometre km kg gram g ml milliliter millilitre liter litre mg "
    "milligram ton tonne kilowatt watt millisecond ms mm"
)
_CIRCLE = (
    "pi circle circular radius diameter circumference sphere cylinder cone round wheel arc angle ring "
    "disc disk pizza"
)
_NAMED_MONTHS = "january march april may june july august september october november december"
_SQUARES = (
    "square squared area radius diameter circle circular sphere variance deviation distance hypotenuse "
    "pythagorean quadratic bmi kinetic gravity side edge length volatility std"
)
_ROOTS = (
    "root sqrt deviation variance std volatility distance hypotenuse geometric pythagorean sharpe "
    "annualized annualised side edge speed quadratic"
)
_TURNOVER = "dso dpo dio turnover receivable payable inventory"

CONSTANTS = (
    _constant("100 1/100", "per cent", _PERCENT),
    _constant("100 1/100", "cents in a dollar", "cent dollar euro penny pence coin nickel dime quarter"),
    _constant("100 1/100", "centimetres in a metre", "centimeter centimetre cm", "meter metre m"),
    _constant("100 1/100", "years in a century", "century"),
    _constant("10000 1/10000", "basis points", "basis bp bps"),
    _constant("1000 1/1000", "unit factor: thousand", _KILO),
    _constant("1000 1/1000", "thousands in a million", "million mn mln", "thousand billion bn"),
    _constant("1000000 1/1000000", "unit factor: million", "million mn mln mio m"),
    _constant("1000000000 1/1000000000", "unit factor: billion", "billion bn bln b"),
    _constant("100000 1/100000", "unit factor: lakh", "lakh"),
    _constant("10000000 1/10000000", "unit factor: crore", "crore"),
    _constant("157/50 22/7 3927/1250 314159/100000 3141593/1000000", "π", _CIRCLE),
    _constant("12 1/12", "months in a year", f"{_MONTH} {_YEAR_WORDS}"),
    _constant("12", "a dozen", "dozen"),
    _constant("12 1/12", "inches in a foot", "inch inches", "foot feet ft"),
    _constant("4", "quarters in a year", _QUARTER),
    _constant("3", "months in a quarter", _QUARTER, _MONTH),
    _constant("4", "weeks in a month", _WEEK, _MONTH),
    _constant("52", "weeks in a year", _WEEK, _YEAR_WORDS),
    _constant("365 366 360", "days in a year", f"{_DAY} {_YEAR_WORDS} {_TURNOVER}"),
    _constant("30 31 28 29", "days in a month", f"{_DAY}", _MONTH),
    _constant("30 31", "days of a named month", _NAMED_MONTHS, _DAY),
    _constant("7", "days in a week", _DAY, _WEEK),
    _constant("5", "working days in a week", "workday weekday"),
    _constant("2", "days of a weekend", "weekend"),
    _constant("14", "days in a fortnight", "fortnight"),
    _constant("24", "hours in a day", _HOUR, _DAY),
    _constant("60 1/60", "minutes in an hour", _MINUTE, _HOUR),
    _constant("60 1/60", "seconds in a minute", _SECOND, _MINUTE),
    _constant("60", "seconds in a minute, minutes in an hour", _SECOND, _HOUR),
    _constant("3600", "seconds in an hour", _SECOND, _HOUR),
    _constant("1440", "minutes in a day", _MINUTE, _DAY),
    _constant("10", "years in a decade", "decade"),
    _constant("2", "half, double or mean of two", _HALF),
    _constant("1/2", "half", _HALF, roles=frozenset({"factor"})),
    _constant("2", "a square", _SQUARES, roles=_POWER),
    _constant("3", "a cube", "cube cubed cubic volume radius diameter sphere side edge", roles=_POWER),
    _constant("1/2 -1/2", "a square root", _ROOTS, roles=_POWER),
    _constant("1/3", "a cube root", "root cube volume", roles=_POWER),
    _constant("-1 1 0", "a reciprocal, or the number itself", roles=_POWER),
    _constant("5 1/20", "cents in a nickel", "nickel"),
    _constant("10 1/10", "cents in a dime", "dime"),
    _constant("25 1/4", "cents in a quarter", "quarter coin"),
    _constant("3", "feet in a yard", "yard"),
    _constant("36", "inches in a yard", "yard", "inch inche"),
    _constant("5280", "feet in a mile", "mile"),
    _constant("16 1/16", "ounces in a pound", "ounce oz", "pound lb"),
    _constant("2000", "pounds in a ton", "ton"),
    _constant("4", "quarts in a gallon", "quart", "gallon"),
    _constant("8", "pints in a gallon", "pint", "gallon"),
    _constant("16", "cups in a gallon", "cup", "gallon"),
    _constant("128", "fluid ounces in a gallon", "ounce oz", "gallon"),
    _constant("4", "sides of a square, seasons, legs", "square season leg"),
    _constant("3", "sides of a triangle", "triangle equilateral"),
    _constant("6", "faces of a cube, sides of a die", "cube die dice hexagon"),
    _constant("180 360 90", "degrees of a half turn, of a turn", "angle degree triangle circle"),
    _constant("9/5 5/9 32", "degrees Fahrenheit", "fahrenheit celsius"),
)  # fmt: skip


def constant_name(
    literal: NumberLiteral,
    words: frozenset[str],
    *,
    over_documents: bool = False,
    rates: frozenset[Fraction] = frozenset(),
) -> str:
    """Name a number that needs no source; empty for one that does.

    Args:
        literal: a number of a program.
        words: reasons that are near, from `reasons_in`.
        over_documents: whether figures are read from passages; then a name's only value is a figure too,
            even a 0 or a 1.
        rates: the program's numbers that are per cent or probabilities, which are taken from one.
    """
    value = abs(literal.value)
    if literal.role in _STRUCTURAL and value <= 12:
        return _STRUCTURAL[literal.role]
    if value in (0, 1) and literal.role != "exponent" and not _is_figure(literal, over_documents, rates):
        return _ZERO if value == 0 else _ONE
    if literal.role == "divisor" and value == literal.terms > 1:
        return f"mean of {literal.terms}"
    if literal.role == "divisor" and literal.terms > 1 and over_documents and value <= 5:
        return ""  # the mean of another count
    for constant in CONSTANTS:
        if value in constant.values and _is_near(literal, constant, words):
            return constant.name
    years = sorted(int(word) for word in words if _YEAR.fullmatch(word))
    if years and value > 1 and value - (years[-1] - years[0]) in (0, 1) and literal.role != "term":
        return f"years from {years[0]} to {years[-1]}"
    return ""


def reasons_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the words of texts that may be the reason of a constant, lower case, singular."""
    found = (word for text in texts for word in _WORD.findall(_CAMEL.sub(" ", text).lower()))
    return frozenset(form for word in found for form in (word, word.removesuffix("s")))


def _is_near(literal: NumberLiteral, constant: Constant, words: frozenset[str]) -> bool:
    """Whether a constant's reason is near; for the only value of a name, whether the name says it."""
    if "." in literal.text and literal.value.denominator == 1 and literal.value < 10:
        return False
    if literal.role not in constant.roles:
        said = reasons_in([literal.name])
        return (
            literal.alone and constant.roles == _SCALING and any(said & reason for reason in constant.names)
        )
    is_ratio = constant.name == "per cent" and literal.of_ratio and literal.role == "factor"
    return is_ratio or all(words & reason for reason in constant.reasons)


def _is_figure(literal: NumberLiteral, over_documents: bool, rates: frozenset[Fraction]) -> bool:
    """Whether a 0 or a 1 is used like a figure: added to other figures, a divisor, or a name's only value."""
    if literal.role in ("divisor", "modulus"):
        return over_documents or literal.value == 0
    figures = [value for value in literal.beside if not _YEAR.fullmatch(str(value))]
    if figures and (literal.value == 0 or max(figures) >= 1):
        return True
    if over_documents and "." in literal.text and (figures or literal.over_number):
        return literal.over_number or not set(figures) <= rates
    return literal.kept and over_documents and literal.role != "date"
