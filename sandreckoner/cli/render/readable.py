"""Numbers for people: rounded and grouped. What scripts read, and `--json`, stay exact.

Only an answer that is a number as a whole, or a dictionary of them, is changed. Dates, identifiers, versions,
lists and prose stay as they are, and no unit is made up but the percent sign that the question asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

from sandreckoner.core.answer import Answer
from sandreckoner.core.execution import JSON

_NUMBER = r"[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?"
_CURRENCY = r"[$€£¥₹]|(?:USD|EUR|GBP|JPY|CHF|INR|CNY|CAD|AUD)\b"
_UNIT = r"\s?%|\s?percent|\s[a-zµ°][^\W\d_]{0,20}(?: [a-z]{1,20})?"
_WHOLE = re.compile(
    rf"(?P<before>[-−]?(?:{_CURRENCY})\s?)?(?P<number>{_NUMBER})(?P<after>{_UNIT}|\s?(?:{_CURRENCY}))?"
)
_FRACTION = re.compile(r"Fraction\((-?\d+), (\d+)\)")
_VALUE = re.compile(rf"(?<=: ){_NUMBER}(?=, |\}})")
_PERCENT = r"(?:per ?cent(?:age)?\b|%)(?!\s+points?\b)"
_PERCENTAGE = re.compile(
    rf"\b(?:what|which|how many|how much|in|as an?|as)\s+{_PERCENT}"
    r"|\b(?:what (?:is|was|are|were)|calculate|compute|determine|find|give) the "
    rf"(?:(?!(?:after|at|by|for|given|if|of|when|with)\b)[\w-]+ ){{0,3}}{_PERCENT}",
    re.IGNORECASE,
)
_NAMES_A_THING = re.compile(
    r"\b(?:years?|when|date|phone|telephone|fax|isbn|id|ids|identifier|version|release|zip|postcode|postal|code"
    r"|account number|serial|number plate|hash)\b",
    re.IGNORECASE,
)
_LONGEST = 2_000  # characters of a text that is looked at
_EXACT = Context(prec=_LONGEST + 10)


_SCALE = re.compile(
    r"\bin (?:(?P<scale>thousand|million|billion)s?(?![-\w]))?(?:,| of)? ?(?:u\.?s\.? )?"
    r"(?P<unit>dollars?|euros?|pounds?|yen)?\b",
    re.IGNORECASE,
)
_SIGNS = {"dollar": "$", "euro": "€", "pound": "£", "yen": "¥"}


def readable_answer(answer: Answer, question: str) -> str:
    """The text of an answer as a person reads it; a fraction that a program computed shows as one.

    >>> from sandreckoner.core.answer import Answer
    >>> readable_answer(Answer("32.1999999999999"), "How much higher, in millions of dollars?")
    '$32.2 million'
    """
    text = answer.text or ""
    execution = answer.winner.execution if answer.winner else None
    if execution is not None and not _PERCENTAGE.search(question):
        for fraction, number in _fractions(execution.value):
            text = re.sub(rf"(?<![\d.]){re.escape(f'{number:.15g}')}(?![\d.])", fraction, text)
    return readable(text, question)


def _fractions(value: JSON) -> Iterator[tuple[str, float]]:
    """The fractions in a program's value, each with its number, that are short enough to be read."""
    if isinstance(value, dict) and value.get("type") == "Fraction":
        if len(text := str(value.get("text"))) < 12 and isinstance(number := value.get("number"), float):
            yield text, number
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _fractions(item)


def _measure(question: str) -> tuple[str, str]:
    """What stands before and behind a bare number whose question names a currency or a scale."""
    for found in _SCALE.finditer(question):
        scale, unit = found["scale"], found["unit"]
        if scale or unit:
            sign = _SIGNS.get((unit or "").lower().rstrip("s"), "")
            return sign, f" {scale.lower()}" if scale else ""
    return "", ""


def readable(text: str, question: str = "") -> str:
    """An answer as a person reads it; the text itself where there is nothing to round or to group.

    Args:
        text: the answer.
        question: what was asked; it decides whether a bare number is a percentage, a year or an identifier.

    >>> readable("10.3474681726811", "By what percentage did revenue grow?")
    '10.35 %'
    >>> readable("1234567.891"), readable("2024"), readable("[1234567.891]")
    ('1,234,567.89', '2024', '[1234567.891]')
    """
    if len(text) > _LONGEST:
        return text
    if found := _FRACTION.fullmatch(text):
        return f"{found[1]}/{found[2]}"
    if text.startswith("{") and text.endswith("}"):
        return _VALUE.sub(lambda value: readable_number(value[0]), text)
    found = _WHOLE.fullmatch(text)
    bare = found is not None and not found["before"] and not found["after"]
    if found is None or (bare and _NAMES_A_THING.search(question)):
        return text
    if bare and _PERCENTAGE.search(question):
        percent = " %" if abs(_value(found["number"])) >= 1 else ""
        return readable_number(found["number"]) + percent
    sign, scale = _measure(question) if bare else ("", "")
    if scale and abs(_value(found["number"])) >= 1_000_000:
        sign = scale = ""  # it was given in ones after all
    money = _is_money(found["before"], found["after"]) or (bool(sign) and not scale)
    number = readable_number(found["number"], money=money)
    minus = number[:1] if sign and number[:1] in ("-", "−") else ""
    before = f"{minus}{sign}" if sign else found["before"] or ""
    return f"{before}{number.removeprefix(minus)}{scale or found['after'] or ''}"


def readable_number(text: str, *, money: bool = False) -> str:
    """A number with at most two decimals, or four significant digits below 1, its thousands grouped.

    An integer keeps every digit. Integers of four digits stay ungrouped, since they may be years; so do those
    that begin with a zero.

    Args:
        text: the number as digits, perhaps with a sign, a decimal point, an exponent.
        money: whether two decimals are written where there are any.
    """
    digits = text.lstrip("-−")
    if "e" in digits.lower():
        mantissa, exponent = re.split("[eE]", digits)
        return f"{_sign(text)}{_plain(_significant(Decimal(mantissa.replace(',', ''))))}e{exponent}"
    if digits.startswith("0") and not digits.startswith("0.") and digits != "0":
        return text
    whole, point, decimals = digits.replace(",", "").partition(".")
    if not point:
        return text if len(whole) < 5 else f"{_sign(text)}{int(whole):,}"
    value = Decimal(f"{whole}.{decimals}")
    rounded = _rounded(value, 2) if money or value >= 1 else _significant(value)
    shown = f"{rounded:,.2f}" if money else _plain(rounded)
    return f"{_sign(text) if rounded else ''}{shown}"


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT)


def _significant(value: Decimal) -> Decimal:
    """Four significant digits."""
    return _rounded(value, 3 - value.adjusted()) if value else value


def _plain(value: Decimal) -> str:
    """Grouped, without zeros at the end and without an exponent."""
    shown = f"{value:,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _sign(text: str) -> str:
    return text[0] if text[:1] in ("-", "−") else ""


def _value(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def _is_money(before: str | None, after: str | None) -> bool:
    """Whether it is an amount in units of a currency, not in millions of it."""
    units = [unit.strip(" -−") for unit in (before, after) if unit]
    return bool(units) and all(re.fullmatch(_CURRENCY, unit) for unit in units)
