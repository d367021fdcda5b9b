"""Write a mathematical answer in one canonical text: equal answers have equal texts.

Reads LaTeX as models write it, and what Python and sympy print. None of sympy's parsers is used: the text is
split into tokens and parsed by recursive descent into sympy's classes. Expressions are compared by their
values at fixed points (identity testing after Schwartz 1980), numbers at the 9 significant digits at which
answers are rounded everywhere else.
"""

from __future__ import annotations

import re
from typing import Any

import sympy

from sandreckoner.chains.strategies.sandboxed.algebra_parser import Parser, number
from sandreckoner.chains.strategies.sandboxed.algebra_tokens import (
    DIGITS,
    FINE,
    FLIPPED,
    MAX_CHARACTERS,
    POINTS,
    PRECISION,
    REPLACED,
    WHOLE,
    NotMathematics,
    Relation,
    ValueList,
    tokenise,
)


def canonical_form(text: str) -> str | None:
    """Return the canonical text of an answer; None for other text, or for too much of it."""
    if len(text) > MAX_CHARACTERS:
        return None
    for pattern, replacement in REPLACED:
        text = re.sub(pattern, replacement, text)
    text = re.sub(
        r"^\s*[A-Za-z](?:\s*\(\s*[a-z]\s*\))?\s*(?:=|\\in(?![A-Za-z])|∈)", "", text.strip().rstrip(".")
    )
    base = re.fullmatch(r"\s*([0-9A-F]+)\s*_\s*\{?\s*(\d{1,2})\s*\}?\s*", text)
    if base:
        return f"{base[1].lstrip('0') or '0'} in base {base[2]}"
    try:
        tokens = tokenise(text)
        signs = (1, -1) if ("command", "pm") in tokens else (1,)
        return canonical_text(ValueList([Parser(tokens, sign).parse() for sign in signs], "{", "}"))
    except (NotMathematics, ZeroDivisionError, OverflowError, RecursionError):
        return None


def canonical_text(value: Any) -> str:
    """Return the canonical text of a parsed value."""
    if isinstance(value, Relation):
        return canonical_relation(value)
    if isinstance(value, ValueList):
        if value.opening not in ("{", ""):
            return f"{value.opening}{'; '.join(map(canonical_text, value.items))}{value.closing}"
        items = sorted({canonical_text(item) for item in flat_items(value)})
        return items[0] if len(items) == 1 else f"{{{'; '.join(items)}}}"
    found = sample_values(value)
    exact = [digits(each, FINE) for each in found]
    return digits(found[0], DIGITS) if len(set(exact)) == 1 else "|".join(exact)  # sin²x + cos²x is a number


def flat_items(value: Any) -> list[Any]:
    """Return the items of a set, and of the sets and bare lists in it."""
    if not isinstance(value, ValueList) or value.opening not in ("{", ""):
        return [value]
    return [member for item in value.items for member in flat_items(item)]


def canonical_relation(relation: Any) -> str:
    """Write a relation by its difference, up to a factor; `5 > x` is `x < 5`."""
    difference = number(relation.left) - number(relation.right)
    found = sample_values(difference)
    first = next((value for value in found if value != 0), None)
    if first is None or not difference.free_symbols:
        raise NotMathematics
    sign = relation.sign if (first.is_real and first > 0) or relation.sign == "=" else FLIPPED[relation.sign]
    return f"{sign} 0: " + "|".join(digits(value / first, FINE) for value in found)


def sample_values(expression: Any) -> list[Any]:
    """Evaluate an expression at fixed points, which differ by symbol and lie on both sides of zero."""
    names = sorted(expression.free_symbols, key=str)
    if not names:
        return [expression if expression.is_Integer else expression.evalf(PRECISION)]
    return [
        expression.evalf(PRECISION, subs={name: sample_point(str(name), point) for name in names})
        for point in range(POINTS)
    ]


def sample_point(name: str, point: int) -> Any:
    """Return the value of a symbol at one of the fixed points."""
    code = sum(ord(letter) * 7**power for power, letter in enumerate(name))
    return sympy.Rational((-1) ** (point + code) * (code * 31 + 17 * point + 5), 97 + 12 * point)


def digits(value: Any, count: int) -> str:
    """Write a number to so many significant digits; whole numbers stay whole, however large."""
    if value in (sympy.oo, -sympy.oo, sympy.zoo):
        return str(value)
    real, imaginary = value.as_real_imag()
    if not (real.is_number and imaginary.is_number) or value is sympy.nan:
        raise NotMathematics
    parts = [significant(part, count) for part in (real, imaginary)]
    return parts[0] if parts[1] == "0" else f"{parts[0]} + {parts[1]}i"


def significant(value: Any, count: int) -> str:
    """Write a real number to so many significant digits, an integer in full."""
    if value.is_Integer:
        return str(value)
    if abs(value) < WHOLE:
        nearest = int(sympy.floor(value + sympy.Rational(1, 2)))
        if abs(value - nearest) < sympy.Float(10) ** -30:
            return str(nearest)
    return str(sympy.Float(value, count))
