"""Find the numbers of a text in the notation that the text itself uses.

European decimals and spaced thousands are read where the other numbers of the same text are written so;
digits of other scripts, `1.2万`, a minus or CR behind a number anywhere. Offsets are always the text's own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from sandreckoner.reading.numbers import Number, find_numbers

_ALIKE = str.maketrans("٫٬٪％．，＄￥（）－＋", ".,%%.,$¥()-+")
_WIDE_COMMA = re.compile(r"(?<=\d)[，、](?=\d{3}(?!\d))")
_POINT_GROUPS = r"\d{1,3}(?:\.\d{3})+"
_START, _END = r"(?<![\d.,/])(?<!\d )", r"(?![\d]|[.,]\d)"
_COMMA_DECIMAL = re.compile(
    rf"{_START}(?:{_POINT_GROUPS},\d+|\d{{1,3}}(?:\.\d{{3}}){{2,}}"
    rf"|(?:\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}})+|\d+),\d{{1,2}}){_END}"
)
_POINT_DECIMAL = re.compile(
    rf"{_START}(?:\d{{1,3}}(?:,\d{{3}})+\.\d+|\d{{1,3}}(?:,\d{{3}}){{2,}}|\d+\.(?:\d{{1,2}}|\d{{4,}})){_END}(?!\.)"
)
_COMMA_THOUSANDS = re.compile(rf"{_START}\d{{1,3}}(?:,\d{{3}})+{_END}")
_GROUPED, _ALONE = r"[1-9]\d{0,2}(?: \d{3})+", r"(?![\d.,]\d|\d| \d)"
_SPACED = re.compile(rf"{_START}{_GROUPED}(?:[.,]\d{{1,2}})?{_ALONE}")
# With a currency, a decimal comma, a word behind two groups, or alone in a cell; else it may be two columns.
_SURELY_SPACED = re.compile(
    rf"{_START}(?:{_GROUPED},\d{{1,2}}|{_GROUPED}(?= ?(?:[€£$]|EUR|kr|Kč|zł|CHF))){_ALONE}"
    rf"|{_START}[1-9]\d{{0,2}}(?: \d{{3}}){{2,}}(?= ?(?:[^\W\d]|%))"
    rf"|(?:[€£$]|EUR|CHF)\s?{_GROUPED}{_ALONE}"
    rf"|(?<=\|)\s*[-−(]?{_GROUPED}\)?\s*(?=\|)"
)
_SEPARATED = re.compile(r"\d[\d.,]*[.,]\d+")
_DATE = re.compile(r"\d{1,4}\.\d{1,2}\.\d{1,4}")
_SWAPPED = str.maketrans(".,", ",.")
_MYRIADS = {
    **dict.fromkeys("百", 10**2),
    **dict.fromkeys("千천", 10**3),
    **dict.fromkeys("万萬만", 10**4),
    **dict.fromkeys("亿億억", 10**8),
    **dict.fromkeys("兆조", 10**12),
}
_ABROAD = {
    **dict.fromkeys(("tsd", "mille", "mil", "tuhatta", "tusen"), 10**3),
    **dict.fromkeys(("mio", "millionen", "millones", "milhões", "milioni", "miljoen", "miljoonaa"), 10**6),
    **dict.fromkeys(("miljoner", "mln"), 10**6),
    **dict.fromkeys(("mrd", "milliarden", "milliards", "miliardi", "miljard", "mld", "miljarder"), 10**9),
}
_SCALE_ABROAD = re.compile(rf"\s?({'|'.join(_ABROAD)})\b\.?", re.IGNORECASE)
_MYRIAD = re.compile(rf"\s?([{''.join(_MYRIADS)}]+)")
_BEHIND = re.compile(r"\s?(?:[-−–](?=\s*(?:\||$|\n|[)\]]))|(?:CR|Cr\.?|cr)\b(?!\w))|[-−–](?=\s[\d$€£(])")


def numbers_of(text: str) -> Iterator[Number]:
    """Yield the numbers of a text in order, as it writes them."""
    for number in find_numbers(plain_notation(text)):
        yield _signed_behind(
            text, _scaled_behind(text, replace(number, text=text[number.start : number.end]))
        )


def plain_notation(text: str) -> str:
    """Return a text of the same length with its numbers in English notation and in plain digits."""
    if not text.isascii():
        text = _WIDE_COMMA.sub(",", "".join(map(_plain_sign, text)))
    if _is_spaced(text):
        text = _SPACED.sub(lambda match: match[0].replace(" ", "\u00a0"), text)
    if len(_COMMA_DECIMAL.findall(text)) > len(_POINT_DECIMAL.findall(text)):
        text = _SEPARATED.sub(_swap, text)
    return text


def _plain_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.digit(sign))
    return sign.translate(_ALIKE)


def _is_spaced(text: str) -> bool:
    """Whether a text groups thousands by spaces: it surely does somewhere, and nowhere by commas."""
    return _SURELY_SPACED.search(text) is not None and _COMMA_THOUSANDS.search(text) is None


def _swap(match: re.Match[str]) -> str:
    return match[0] if _DATE.fullmatch(match[0]) else match[0].translate(_SWAPPED)


def _scaled_behind(text: str, number: Number) -> Number:
    if number.scale != 1:
        return number
    scale = 1
    if match := _SCALE_ABROAD.match(text, number.end):
        scale = _ABROAD[match[1].lower()]
    elif match := _MYRIAD.match(text, number.end):
        for sign in match[1]:
            scale *= _MYRIADS[sign]
    else:
        return number
    return replace(number, text=text[number.start : match.end()], end=match.end(), scale=scale)


def _signed_behind(text: str, number: Number) -> Number:
    """Read `1,234-` and `1,234 CR`, which mean minus like brackets do, or a side of an account."""
    match = _BEHIND.match(text, number.end)
    if match is None or number.enclosed or number.value < 0:
        return number
    end = match.end()
    return replace(number, text=text[number.start : end], end=end, value=-number.value, enclosed=True)
