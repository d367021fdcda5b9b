"""Find numbers as people write them, with their exact offsets.

`1,234.5`  `(512.3)`  `$4.1 million`  `12%`  `1.2bn`  `€3`  `−7`  `1.2E3`  `1.5 × 10^6`  `3/4`  `2½`  `twelve`
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from sandreckoner.reading.number_words import SCALES, word_numbers

MAX_DIGITS = 60
_VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8", "⅜": "3/8"}
_CURRENCY = (
    r"(?:(?:US|C|A|R|HK|NZ|S)?\$|[€£¥₹₩]|(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|CAD|AUD|INR|Rs\.?)(?=[\s\d(]))"
)
_BODY = (
    r"\d{1,3}(?:\.\d{3})+,\d{1,2}(?![\d,])"  # 1.234,56
    r"|\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)(?:\.\d+)?"  # 1,234.5 and 12,34,567
    r"|\d{1,3}(?:['’\u00a0\u2009\u202f]\d{3})+(?!\d)(?:\.\d+)?"  # 1'234 and thin spaces
    r"|\d+\.\d+|\d+|\.\d+"
)
# A dash after a word or a number is a range or a difference; with a space after it, a minus only in cells.
_SIGN = r"(?:(?<![\w)%])[-−–+]|(?:^|(?<=[|=:(])|(?<=[|=:] ))[-−–]\s)(?=[\d.$€£])"
_DATE = re.compile(r"(?<![\w/.-])(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?![\w/-])")
_NUMBER = re.compile(
    rf"(?P<lead>(?<![\w.])(?:FY|CY|Q|H))?"
    rf"(?P<open>\()?(?P<sign>{_SIGN})?(?P<currency>{_CURRENCY}\s?)?"
    rf"(?P<open2>\((?=[\d.]))?(?(currency)(?P<sign2>[-−](?=[\d.]))?)"
    rf"(?<![\d])(?<!\d\.)(?:(?P<body>{_BODY})"
    rf"(?P<power>[eE][-+]?\d{{1,3}}(?![\d.])|\s?(?:[×x*·]|\\times"
    rf"|\\cdot)\s?10\s?\^\s?\{{?[-−]?\d{{1,2}}\}}?)?"
    rf"(?P<over>\s?/\s?\d+(?![\d/.])|\s?[{''.join(_VULGAR)}]|\s\d{{1,2}}/\d{{1,2}}(?![\d/]))?"
    rf"|(?P<vulgar>[{''.join(_VULGAR)}]))"
    rf"(?P<inner_unit>\s?%)?(?P<close>\s?\))?"
    rf"(?P<unit>\s?%|\s(?:per\s?cent(?:age points)?|pct|percentage points)\b|\s?(?:bps?|basis points)\b)?"
    rf"(?:[\s-]?(?P<scale>thousands?|millions?|billions?|trillions?|hundred|lakhs?|crores?|ml?n|mm|bl?n|tn)\b"
    rf"|(?P<short>[kKmMbB])(?![\w-]))?"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number found in a text.

    Attributes:
        text: the characters, with sign, brackets, currency, per cent sign and scale word.
        start: offset of the first of them.
        end: offset after the last.
        value: as written, before a per cent sign or a scale word is applied; brackets make it negative.
        scale: what the scale word beside it multiplies by; 1 without one.
        unit: `%`, `bp`, a currency sign, or empty.
        enclosed: whether it is in brackets, which may mean minus, or nothing.
        parts: the numbers of a fraction or of a mixed number, each with its own offsets.
    """

    text: str
    start: int
    end: int
    value: Fraction
    scale: int = 1
    unit: str = ""
    enclosed: bool = False
    parts: tuple[Number, ...] = ()


def find_numbers(text: str) -> tuple[Number, ...]:
    """Find all numbers of a text, in order, without overlap; the parts of a date are separate numbers."""
    found: list[Number] = []
    taken = bytearray(len(text))  # a flag for each character, so that the time is linear in the length
    for match in _DATE.finditer(text):
        found += [_plain(text, *match.span(group)) for group in (1, 3, 4)]
        taken[match.start() : match.end()] = b"\1" * len(match[0])
    for match in _NUMBER.finditer(text):
        if not any(taken[match.start() : match.end()]) and (number := _read(match)):
            found.append(number)
            taken[number.start : number.end] = b"\1" * len(number.text)
    for start, end, value in word_numbers(text):
        if not any(taken[start:end]):
            found.append(Number(text[start:end], start, end, value))
    return tuple(sorted(found, key=lambda number: number.start))


def to_fraction(digits: str) -> Fraction | None:
    """Read an unsigned number such as `1,234.5`, `1.234,56`, `12.` or `1.2e-3`; None for other text."""
    digits = re.sub(r"['’\s]", "", digits).lower()
    if re.fullmatch(r"\d{1,3}(\.\d{3})+,\d{1,2}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    digits = digits.replace(",", "").rstrip(".")
    if len(digits) > MAX_DIGITS or not re.fullmatch(r"(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?", digits, re.ASCII):
        return None
    return Fraction(digits)


def _plain(text: str, start: int, end: int) -> Number:
    return Number(text[start:end], start, end, Fraction(int(text[start:end])))


def _read(match: re.Match[str]) -> Number | None:
    text, enclosed = match.string, False
    parts: tuple[Number, ...] = ()
    if match["vulgar"]:
        value: Fraction | None = Fraction(_VULGAR[match["vulgar"]])
    else:
        value = to_fraction(match["body"])
        if value is not None and match["power"]:
            value *= Fraction(10) ** _exponent(match["power"])
        if value is not None and match["over"]:
            value, parts = _fraction(match, value)
    if value is None:
        return None
    start, end = match.span()
    brackets = bool(match["open"] or match["open2"])
    if brackets and match["close"]:
        enclosed = True
        value = -value
    elif match["open"]:
        start += 1
    if match["close"] and not brackets:
        end = match.start("close")
    minus = (match["sign"] or match["sign2"] or "").strip()
    if minus and minus != "+":
        value = -abs(value)
    if match["lead"]:
        start = match.start("body")
    scale, unit = 1, ""
    if end == match.end():
        scale = (
            SCALES[(match["scale"] or match["short"] or "").lower()]
            if match["scale"] or match["short"]
            else 1
        )
        unit = (match["unit"] or "").strip()
    unit = unit or (match["inner_unit"] or "").strip() or (match["currency"] or "").strip()
    if unit.startswith(("per", "pct")):
        unit = "%"
    elif unit.startswith(("bp", "basis")):
        unit = "bp"
    return Number(text[start:end], start, end, value, scale, unit, enclosed, parts)


def _exponent(power: str) -> int:
    digits = re.search(r"[-−+]?\d+\}?$", power)
    assert digits is not None
    return int(digits[0].strip("}").replace("−", "-"))


def _fraction(match: re.Match[str], value: Fraction) -> tuple[Fraction | None, tuple[Number, ...]]:
    """Read `3/4`, `2½` and `1 1/2` with their parts; None where the denominator is zero."""
    over = match["over"]
    if over.strip() in _VULGAR:
        return value + Fraction(_VULGAR[over.strip()]), ()
    numbers = [_plain(match.string, *_shift(part, match.start("over"))) for part in re.finditer(r"\d+", over)]
    if any(len(number.text) > MAX_DIGITS for number in numbers) or numbers[-1].value == 0:
        return None, ()
    whole = Number(match["body"], *match.span("body"), value)
    if len(numbers) == 1:
        return value / numbers[0].value, (whole, *numbers)
    return value + numbers[0].value / numbers[1].value, (whole, *numbers)


def _shift(match: re.Match[str], by: int) -> tuple[int, int]:
    return match.start() + by, match.end() + by
