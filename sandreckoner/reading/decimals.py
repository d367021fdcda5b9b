"""One decimal form for numbers that are to be compared."""

from __future__ import annotations

from fractions import Fraction

MAX_SIZE = Fraction(10) ** 45  # a number beyond is no answer, and would cost time to write out
DIGITS = 9  # significant digits at which a number that is no integer is rounded


def round_decimal(value: Fraction) -> Fraction:
    """To 9 significant digits and never fewer than 2 decimals; integers stay exact."""
    if value.denominator == 1:
        return value
    size = len(str(abs(value.numerator) // value.denominator))  # digits before the point
    if abs(value) < 1:
        size = 0
        while abs(value) < Fraction(10) ** (size - 1):
            size -= 1
    return round(value, max(2, DIGITS - size))


def decimal_text(value: Fraction) -> str:
    """An exact decimal; `rounded` values always have one."""
    if value.denominator == 1:
        return str(value.numerator)
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(abs((value * 10**places).numerator)).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
