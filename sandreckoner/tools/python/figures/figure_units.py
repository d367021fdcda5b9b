"""Units of figures and their algebra: USD divided by shares is USD/share, a ratio times 100 is a percent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandreckoner.core.table import SCALE_NAMES

SCALES = {1: "", **SCALE_NAMES, 10**12: "trillion"}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_NONE = "?"  # a dimension that nobody named
_SPLIT = re.compile(r"\s*([/·*])\s*")
_LONGEST = 60


class UnitError(ValueError):
    """Figures of different units, or of different scales, were joined."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of dimensions with their powers, and how often it is counted in hundredths.

    Attributes:
        powers: pairs of a dimension and its power, sorted; without any it is a ratio.
        percent: 1 for a percentage.
    """

    powers: tuple[tuple[str, int], ...] = ()
    percent: int = 0

    @property
    def is_known(self) -> bool:
        """Whether somebody said what it is."""
        return all(name != _NONE for name, _ in self.powers)

    @property
    def is_money(self) -> bool:
        """Whether it is an amount of one currency."""
        return len(self.powers) == 1 and self.powers[0][1] == 1 and _is_currency(self.powers[0][0])

    def times(self, other: Unit, power: int = 1) -> Unit:
        """The unit of a product; of a quotient with the power -1."""
        if not (self.is_known and other.is_known):
            both = not self.is_known and not other.is_known
            cancels = both and power < 0 and self.powers == other.powers
            plain = not self.powers or not other.powers
            if not (cancels or plain):
                return UNKNOWN
        powers = dict(self.powers)
        for name, exponent in other.powers:
            powers[name] = powers.get(name, 0) + power * exponent
        return _unit(powers, self.percent + power * other.percent)

    def to_the(self, exponent: int) -> Unit:
        """The unit of a power."""
        powers = {name: power * exponent for name, power in self.powers}
        return _unit(powers, self.percent * exponent)

    def __str__(self) -> str:
        """The unit as documents name it: `USD/share`, `%`, `days`; `ratio` without dimensions."""
        if not self.is_known:
            return ""
        if not self.powers:
            return "%" * self.percent if self.percent > 0 else "ratio"
        above = [_named(name, power, plural=True) for name, power in self.powers if power > 0]
        below = [_named(name, -power, plural=False) for name, power in self.powers if power < 0]
        text = "/".join(["·".join(above) or "1", *below])
        return text + "·%" * max(self.percent, 0) + "/%" * max(-self.percent, 0)


UNKNOWN = Unit(((_NONE, 1),))
RATIO = Unit()
PERCENT = Unit((), 1)


def unit_of(text: str) -> Unit:
    """Read a unit: `USD`, `USD/share`, `%`, `days`, `ratio`; nothing is an unknown unit."""
    text = text.strip()[:_LONGEST]
    if not text:
        return UNKNOWN
    if text.lower() in ("ratio", "x", "times"):
        return RATIO
    parts = _SPLIT.split(text)
    powers: dict[str, int] = {}
    percent = 0
    for sign, name in zip(["*", *parts[1::2]], parts[::2], strict=True):
        power = -1 if sign == "/" else 1
        if name.lower() in ("%", "percent", "per cent"):
            percent += power
        elif name not in ("", "1"):
            powers[_singular(name)] = powers.get(_singular(name), 0) + power
    return _unit(powers, percent)


def _unit(powers: Mapping[str, int], percent: int) -> Unit:
    return Unit(tuple(sorted((name, power) for name, power in powers.items() if power)), percent)


def _is_currency(name: str) -> bool:
    return len(name) == 3 and name.isascii() and name.isupper()


def _singular(name: str) -> str:
    if _is_currency(name):
        return name
    name = name.lower()
    return name[:-1] if len(name) > 3 and name.endswith("s") and not name.endswith("ss") else name


def _named(name: str, power: int, *, plural: bool) -> str:
    text = name
    if plural and not _is_currency(name) and name not in ("people", "count") and not name.endswith("s"):
        text = f"{name}s"
    return text if power == 1 else f"{text}^{power}"


def _grouped(digits: str) -> str:
    whole, point, decimals = digits.partition(".")
    return f"{int(whole):,}{point}{decimals}" if whole.isdigit() else digits


def quantity_text(digits: str, unit: Unit, scale: int, *, points: bool = False) -> str:
    """A number with its unit as a person writes it: `$108.1 million`, `10.3 %`, `2.4 years`."""
    negative, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    if unit.is_known and unit != RATIO:
        digits = _grouped(digits)
    scaled = SCALES.get(scale, f"× {scale:,}")
    number = f"{digits} {scaled}".rstrip()
    if not unit.is_known or unit == RATIO:
        return f"{negative}{number}"
    if unit == PERCENT:
        return f"{negative}{number} {'percentage points' if points else '%'}"
    above = [(name, power) for name, power in unit.powers if power > 0]
    if unit.percent or len(above) != 1 or above[0][1] != 1:
        return f"{negative}{number} {unit}"
    per = "".join(f" per {_named(name, -power, plural=False)}" for name, power in unit.powers if power < 0)
    name = above[0][0]
    if _is_currency(name):
        sign = _SIGNS.get(name, f"{name} ")
        return f"{negative}{sign}{number}{per}"
    return f"{negative}{number} {_named(name, 1, plural=digits != '1' or scale != 1)}{per}"
