"""A figure: an exact number that knows its unit, scale, period and the cells it came from."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from sandreckoner.tools.python.figures.arithmetic_slips import note_difference, note_growth
from sandreckoner.tools.python.figures.exact_numbers import digits_of, exact, plain_number
from sandreckoner.tools.python.figures.figure_number import ExactNumber
from sandreckoner.tools.python.figures.figure_units import (
    PERCENT,
    RATIO,
    SCALES,
    UNKNOWN,
    Unit,
    UnitError,
    quantity_text,
    unit_of,
)
from sandreckoner.tools.python.figures.lookup_log import LOG, MAX_SOURCES, Source

_MAX_POWER = 1_000
_CONVERTS = (1_000, 1_000_000, 1_000_000_000)
_WORDS = {word: scale for scale, word in SCALES.items() if word}


class Figure(ExactNumber):
    """An exact number with its unit, scale, period and sources; arithmetic carries them. Immutable.

    As a plain number it is what the table shows: `108.1` of a table in millions.
    """

    __slots__ = (
        "_cell",  # its table, row and column, where it is one cell as it stands
        "_change",  # of the difference of two figures of a row: their years
        "_hundreds",  # how often it was multiplied by 100 before it became a ratio
        "_label",
        "_period",
        "_points",  # whether it is a difference of percentages
        "_scale",
        "_sources",
        "_unit",
        "_value",
    )

    def __new__(cls, value: Any = 0, *ignored: Any) -> Any:
        """A plain number: only a lookup makes a figure (`statistics` calls the class with its results)."""
        return value._value if type(value) is Figure else exact(value)

    def __init_subclass__(cls, **ignored: Any) -> None:
        raise TypeError("a figure cannot be a base class")

    def __copy__(self) -> Figure:
        return self

    def __deepcopy__(self, memo: Any) -> Figure:
        return self

    # Sums.

    def __neg__(self) -> Figure:
        if self._cell is not None and self._value:
            LOG.note(f"the sign of {self._label} ({self}) is turned")
        return self._with(-self._value)

    def __pos__(self) -> Figure:
        return self

    def __abs__(self) -> Figure:
        if self._cell is not None and self._value < 0:
            LOG.note(f"the minus of {self._label} ({self}) is dropped")
        return self._with(abs(self._value))

    def __add__(self, other: Any) -> Any:
        return self._sum(other, 1)

    def __radd__(self, other: Any) -> Any:
        return self._sum(other, 1)

    def __sub__(self, other: Any) -> Any:
        return self._sum(other, -1)

    def __rsub__(self, other: Any) -> Any:
        plain = plain_number(other)
        if plain is None:
            return NotImplemented
        self._allows(plain, "subtract")
        return self._with(plain - self._value)

    def _sum(self, other: Any, sign: int) -> Any:
        if not isinstance(other, Figure):
            plain = plain_number(other)
            if plain is None:
                return NotImplemented
            if not plain:
                return self
            self._allows(plain, "add" if sign > 0 else "subtract")
            return self._with(self._value + sign * plain)
        unit = self._joined(other, "add" if sign > 0 else "subtract")
        more = other._value if sign > 0 else -other._value
        if self._scale != other._scale:  # of a long column there are a million to add
            more *= Fraction(other._scale, self._scale)
        value = self._value + more
        made = make_figure(
            value, unit, self._scale, self._period if self._period == other._period else None,
            _merged(self, other), hundreds=min(self._hundreds, other._hundreds),
            points=(sign < 0 and unit == PERCENT) or self._points or other._points,
        )  # fmt: skip
        if sign < 0 and self._cell is not None and other._cell is not None:
            note_difference(self, other)
            if self._cell[:2] == other._cell[:2] and self._period and other._period:
                made._change = (self._period, other._period)
        return made

    def _allows(self, plain: Fraction, verb: str) -> None:
        """Refuse a typed number beside an amount in thousands or millions."""
        if not plain or not self._unit.powers:
            return
        if self._scale == 1:
            if self._unit.is_known:
                LOG.note(f"{digits_of(plain)} was taken as {quantity_text(digits_of(plain), self._unit, 1)}")
            return
        unit = f"{self._unit} {SCALES.get(self._scale, self._scale)}".strip()
        raise UnitError(
            f"cannot {verb} {digits_of(plain)}, a typed number without unit and scale, and {self._said}; "
            f"look it up in a table, or say what it is: figure({digits_of(plain)}, {unit!r})"
        )

    # Products.

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Figure):
            return self._product(other, 1)
        plain = plain_number(other)
        return NotImplemented if plain is None else self._scaled(plain)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Figure):
            return self._product(other, -1)
        plain = plain_number(other)
        if plain is None:
            return NotImplemented
        if not plain:
            raise ZeroDivisionError("division by zero")
        return self._divided(plain)

    def __rtruediv__(self, other: Any) -> Any:
        plain = plain_number(other)
        return NotImplemented if plain is None else _plain_figure(plain)._product(self, -1)

    def __floordiv__(self, other: Any) -> Any:
        quotient = self / other
        return quotient if quotient is NotImplemented else math.floor(quotient)

    def __mod__(self, other: Any) -> Any:
        return self - (self // other) * other

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def _product(self, other: Figure, power: int) -> Figure:
        if power < 0 and not other._value:
            raise ZeroDivisionError(f"division by zero: {other._said}")
        if power < 0:
            note_growth(self, other)
        unit = self._unit.times(other._unit, power)
        hundreds = self._hundreds + power * other._hundreds
        if not unit.powers and hundreds:
            unit, hundreds = Unit((), unit.percent + hundreds), 0
        value = self._value * (other._value if power > 0 else 1 / other._value)
        scale = Fraction(self._scale) * Fraction(other._scale) ** power
        both = power < 0 and other._scale != 1  # millions by thousands of shares: dollars a share
        if both or scale not in SCALES or unit in (RATIO, PERCENT):
            value, scale = value * scale, Fraction(1)
        period = self._period if self._period == other._period else None
        return make_figure(value, unit, int(scale), period, _merged(self, other), hundreds=hundreds)

    def _scaled(self, factor: Fraction) -> Figure:
        if factor in _CONVERTS:
            if (
                self._unit.powers and self._scale % factor == 0
            ):  # in millions times 1,000,000: the same amount in full
                return self._converted(factor, self._scale // int(factor))
            LOG.note(f"{self._said} was multiplied by {digits_of(factor)}")
        if factor == 100:
            if not self._unit.powers:
                return self._with(self._value * 100, unit=Unit((), self._unit.percent + 1))
            return self._with(self._value * 100, hundreds=self._hundreds + 1)
        return self._with(self._value * factor)

    def _divided(self, divisor: Fraction) -> Figure:
        if divisor in _CONVERTS and self._unit.powers and self._scale * divisor in SCALES:
            return self._converted(1 / divisor, int(self._scale * divisor))
        if divisor == 100 and self._unit.percent > 0:
            return self._with(self._value / 100, unit=Unit(self._unit.powers, self._unit.percent - 1))
        if divisor == 100 and self._hundreds > 0:
            return self._with(self._value / 100, hundreds=self._hundreds - 1)
        return self._with(self._value / divisor)

    def _converted(self, factor: Fraction, scale: int) -> Figure:
        return make_figure(
            self._value * factor, self._unit, scale, self._period, self._sources, label=self._label
        )

    # Powers and rounding.

    def __pow__(self, exponent: Any, modulus: Any = None) -> Any:
        plain = exponent._value if isinstance(exponent, Figure) else plain_number(exponent)
        if plain is None or modulus is not None:
            return NotImplemented
        sources = _merged(self, exponent) if isinstance(exponent, Figure) else self._sources
        if plain.denominator == 1 and abs(plain) <= _MAX_POWER:
            power = int(plain)
            scale = Fraction(self._scale) ** power
            value = self._value**power
            if scale not in SCALES:
                value, scale = value * scale, Fraction(1)
            return make_figure(value, self._unit.to_the(power), int(scale), None, sources)
        if self._value < 0:
            raise ValueError(f"{self._said} is negative and has no real power {float(plain):g}")
        unit = self._unit if not self._unit.powers and not self._unit.percent else UNKNOWN
        return make_figure(exact(float(self._value * self._scale) ** float(plain)), unit, 1, None, sources)

    def __rpow__(self, base: Any) -> Any:
        plain = plain_number(base)
        return NotImplemented if plain is None else _plain_figure(plain) ** self

    def __round__(self, digits: int | None = None) -> Figure:
        return self._with(Fraction(round(self._value, digits or 0)))

    def __floor__(self) -> Figure:
        return self._with(Fraction(math.floor(self._value)))

    def __ceil__(self) -> Figure:
        return self._with(Fraction(math.ceil(self._value)))

    def __trunc__(self) -> Figure:
        return self._with(Fraction(math.trunc(self._value)))

    def _with(self, value: Fraction, *, unit: Unit | None = None, hundreds: int | None = None) -> Figure:
        made = make_figure(
            value, self._unit if unit is None else unit, self._scale, self._period, self._sources,
            hundreds=self._hundreds if hundreds is None else hundreds, points=self._points,
        )  # fmt: skip
        made._change = self._change
        return made

    def record(self) -> dict[str, Any]:
        """The figure as JSON for the host: number, unit, scale, text and the cells it was computed from."""
        if self._unit.powers and self._unit.percent > 0 and self._unit.is_known:
            LOG.note("an amount was multiplied by a percentage that was not divided by 100")
        exact = f"{self._value.numerator}/{self._value.denominator}"
        return {
            "type": "Figure",
            "text": str(self),
            "number": float(self) if not self.is_integer() else int(self),
            "exact": exact if len(exact) < 200 else "",
            "unit": self.unit,
            "scale": self._scale,
            "period": self._period,
            "sources": [list(source) for source in self._sources],
        }


def make_figure(
    value: Fraction,
    unit: Unit,
    scale: int,
    period: int | None,
    sources: tuple[Source, ...],
    *,
    hundreds: int = 0,
    points: bool = False,
    cell: tuple[str, int, int] | None = None,
    label: str = "",
) -> Figure:
    """A figure with all that it knows."""
    made: Figure = object.__new__(Figure)
    made._value, made._unit, made._scale, made._period = value, unit, scale, period
    made._sources, made._hundreds, made._points = sources, hundreds, points
    made._cell, made._label, made._change = cell, label, None
    return made


def looked_up(
    value: Fraction,
    unit: str,
    scale: int,
    period: int | None,
    source: Source,
    cell: tuple[str, int, int],
    label: str,
) -> Figure:
    """The figure of a cell, which is noted as looked up."""
    LOG.source(source)
    return make_figure(value, unit_of(unit), scale, period, (source,), cell=cell, label=label)


def figure(number: Any, unit: str = "") -> Figure:
    """What a program calls to say what a typed number is: `figure(2.5, "USD million")`."""
    plain = plain_number(number)
    if plain is None or type(unit) is not str:
        raise TypeError('figure() wants a number and a unit, like figure(2.5, "USD million")')
    words = unit.split()
    scale = 1
    for word in words:
        scale *= _WORDS.get(word.lower().removesuffix("s"), 1)
    kept = " ".join(word for word in words if word.lower().removesuffix("s") not in _WORDS)
    if scale not in SCALES:
        raise UnitError(f"the scale of {unit!r} is not one of thousand, million, billion")
    return make_figure(plain, unit_of(kept), scale, None, ())


def _plain_figure(value: Fraction) -> Figure:
    """A typed number as one side of a quotient."""
    return make_figure(value, RATIO, 1, None, (), hundreds=0)


def _merged(*figures: Figure) -> tuple[Source, ...]:
    """The sources of several figures, each once."""
    first = figures[0]._sources
    if all(figure._sources is first for figure in figures):  # of one long column
        return first
    found = dict.fromkeys(source for figure in figures for source in figure._sources)
    return tuple(found)[:MAX_SOURCES]
