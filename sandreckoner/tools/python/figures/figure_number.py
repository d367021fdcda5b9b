"""What a figure says of itself and how it compares: as a plain number it is what the table shows."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

from sandreckoner.tools.python.figures.exact_numbers import digits_of, plain_number
from sandreckoner.tools.python.figures.figure_units import PERCENT, UNKNOWN, Unit, UnitError, quantity_text
from sandreckoner.tools.python.figures.lookup_log import LOG, Source


class ExactNumber:
    """The number of a figure with unit, scale, period and sources; `Figure` adds the arithmetic."""

    __slots__ = ()

    _cell: tuple[str, int, int] | None
    _change: tuple[int, int] | None
    _hundreds: int
    _label: str
    _period: int | None
    _points: bool
    _scale: int
    _sources: tuple[Source, ...]
    _unit: Unit
    _value: Fraction

    @property
    def value(self) -> float:
        """What the table shows, as a plain number."""
        return float(self)

    @property
    def unit(self) -> str:
        """`USD`, `USD/share`, `%`, `ratio`, `days` …; empty where it is not known."""
        return str(self._unit)

    @property
    def scale(self) -> int:
        """What the number is multiplied by: 1,000,000 for millions."""
        return self._scale

    @property
    def period(self) -> int | None:
        """The year, where its column or row names one."""
        return self._period

    @property
    def sources(self) -> list[str]:
        """The cells that it was computed from, in words."""
        return [
            f"{table} row {row + 1}, column {column + 1}" if row >= 0 else f"{table} column {column + 1}"
            for table, row, column, _, _ in self._sources
        ]

    # As a plain number.

    def __float__(self) -> float:
        return float(self._value)

    def __int__(self) -> int:
        return int(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def as_integer_ratio(self) -> tuple[int, int]:
        """Numerator and denominator of the number."""
        return self._value.as_integer_ratio()

    def is_integer(self) -> bool:
        """Whether the number is whole."""
        return self._value.denominator == 1

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return sys.modules["numpy"].asarray(float(self), dtype)

    def _sympy_(self) -> Any:
        return sys.modules["sympy"].Rational(*self.as_integer_ratio())

    def __str__(self) -> str:
        return quantity_text(digits_of(self._value), self._unit, self._scale, points=self._points)

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        if spec.endswith("%") and self._unit == PERCENT:
            return format(float(self._value / 100), spec)
        whole = self.is_integer() and spec[-1] in "dbcoxXn"
        return format(int(self._value) if whole else float(self), spec)

    # Comparison.

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ExactNumber):
            same = self._unit == other._unit or not (self._unit.is_known and other._unit.is_known)
            return same and self._value * self._scale == other._value * other._scale
        plain = plain_number(other)
        return NotImplemented if plain is None else self._value == plain

    def __lt__(self, other: Any) -> bool:
        pair = self._compared(other)
        return NotImplemented if pair is None else pair[0] < pair[1]

    def __le__(self, other: Any) -> bool:
        pair = self._compared(other)
        return NotImplemented if pair is None else pair[0] <= pair[1]

    def __gt__(self, other: Any) -> bool:
        pair = self._compared(other)
        return NotImplemented if pair is None else pair[0] > pair[1]

    def __ge__(self, other: Any) -> bool:
        pair = self._compared(other)
        return NotImplemented if pair is None else pair[0] >= pair[1]

    def _compared(self, other: Any) -> tuple[Fraction, Fraction] | None:
        if isinstance(other, ExactNumber):
            self._joined(other, "compare")
            return self._value * self._scale, other._value * other._scale
        plain = plain_number(other)
        if plain is None:
            return None
        if plain and self._scale != 1:
            meant = quantity_text(digits_of(plain), self._unit, self._scale)
            LOG.note(f"{digits_of(plain)} was compared as {meant}")
        return self._value, plain

    def _joined(self, other: ExactNumber, verb: str) -> Unit:
        """The unit of a sum; a UnitError where there is none."""
        mine, theirs = self._unit, other._unit
        if not (mine.is_known and theirs.is_known):
            if self._scale != other._scale:
                raise UnitError(
                    f"cannot {verb} {self._said} and {other._said}: their scales differ, and of one of them "
                    "the unit is not known"
                )
            return mine if mine == theirs else UNKNOWN
        if mine != theirs:
            raise UnitError(f"cannot {verb} {self._said} and {other._said}: their units differ")
        return mine

    @property
    def _said(self) -> str:
        named = f"{self._label} = " if self._label else ""
        return f"{named}{self}" + ("" if self._unit.is_known else " (unit not known)")
