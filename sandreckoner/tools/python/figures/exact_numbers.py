"""Plain numbers as exact fractions, and fractions in plain digits."""

from __future__ import annotations

import decimal
import math
from fractions import Fraction
from typing import Any


def plain_number(value: Any) -> Fraction | None:
    """A plain number exactly as it is written; None for anything else."""
    kind = type(value)
    if kind is int or kind is bool:
        return Fraction(value)
    if kind is float:
        return exact(value)
    if isinstance(value, Fraction) and kind is Fraction:
        return value
    if kind is decimal.Decimal and value.is_finite():
        return Fraction(value)
    return None


def exact(value: Any) -> Fraction:
    """A number as a fraction: 0.1 is a tenth, not the nearest binary number."""
    if type(value) is float:
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        return Fraction(repr(value))
    return Fraction(value)


def digits_of(value: Fraction) -> str:
    """A number in plain digits: whole, or up to 15 significant ones."""
    if value.denominator == 1 and abs(value) < 10**15:
        return str(value.numerator)
    number = float(f"{float(value):.15g}")
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
