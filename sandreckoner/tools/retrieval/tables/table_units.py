"""The unit and the scale that a caption, a heading or a label states.

`(in millions, except per share data)`, `$ in thousands`, `Rate (%)`, `Weighted average shares`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandreckoner.core.table import SCALE_NAMES

_SCALES = {**{name: scale for scale, name in SCALE_NAMES.items()}, "mm": 1_000_000}
_SCALE = re.compile(
    r"""(?: \b(?:in|of)\s+ (?:u\.?s\.?\s+|united\s+states\s+|constant\s+)? (?:[a-z]+\s+){0,2}? (?:of\s+)?
          | [$€£¥]\s*(?:in\s+)? | \b(?:dollars|euros?|usd|eur|gbp|amounts?|shares)\s+(?:are\s+)?(?:in\s+)?
          | (?:[(,;]\s*|^\W*)(?=\w+s\b|mm\b) )
        (thousand|million|billion|mm)s?\b (?!\s+(?:shares|people|customers|subscribers))""",
    re.IGNORECASE | re.VERBOSE,
)
# What German, French and Spanish captions write: `in Mio. EUR`, `en milliers d'euros`, `TEUR`.
_ELSEWHERE = (
    (1_000, r"\b(?:tsd|tausend|teur|tchf|tusd|milliers|miles\s+de)\b|\b[tk][€$£](?!\w)|[€$£]k\b"),
    (1_000_000, r"\b(?:mio|millionen|millones|mn|m€)\b|\bm[€£](?!\w)|[€$£]m\b|\ben\s+millions\b"),
    (1_000_000_000, r"\b(?:mrd|milliarden|milliards|bn|mds)\b"),
)
_THOUSANDS = re.compile(r"[$€£]?\s?['’]?000(?:['’]?s|\s+omitted)\b|\((?:[$€£¥]\s?)?['’]000\)")
_CURRENCIES = {
    "USD": r"(?<![A-Z])\$|US\$|\bdollars?\b|\bUSD\b|\bU\.S\.\s+dollars",
    "EUR": r"€|\beuros?\b|\bT?EUR\b",
    "GBP": r"£|\bpounds?\s+sterling\b|\bGBP\b",
    "JPY": r"¥|\byen\b|\bJPY\b",
    "CHF": r"\bCHF\b|\bSwiss\s+francs?\b",
    "CNY": r"\bRMB\b|\bCNY\b|\brenminbi\b",
    "INR": r"₹|\bINR\b|\brupees?\b",
    "CAD": r"C\$|\bCAD\b|\bCanadian\s+dollars?\b",
    "AUD": r"A\$|\bAUD\b|\bAustralian\s+dollars?\b",
}
_BRACKETED = re.compile(r"[(\[]\s*([^()\[\]]{1,20}?)\s*[)\]]\s*$")
_PER_SHARE = re.compile(
    r"\bper\s+(?:common\s+|ordinary\s+|diluted\s+|basic\s+|adjusted\s+|American\s+depositary\s+)*(?:share|ADS)\b"
    r"|\bper[- ]share\b|(?<!and )(?<!, )\bEPS\b",
    re.IGNORECASE,
)
_CENTS = re.compile(r"\bcents?\b", re.IGNORECASE)
_SHARES = re.compile(
    r"\bshares\s+(?:outstanding|issued|used|repurchased|authorized|of\s+common)|\bnumber\s+of\s+shares\b"
    r"|\bweighted[- ]average\b.*\b(?:shares|basic|diluted)\b(?!.*price)|\bweighted[- ]average\b.*\bshares\b"
    r"|^\W*shares\b|\bcommon\s+shares\s+outstanding\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"%|\bpercent(?:age)?s?\b|\bper\s+cent\b|\b(?:tax|interest|growth|discount|churn)\s+rates?\b",
    re.IGNORECASE,
)
_COUNTS = (
    ("people", r"\b(?:employees|headcount|people|full[- ]time\s+equivalents)\b"),
    ("units", r"\bunits\s+(?:sold|shipped|delivered|produced)\b|\bnumber\s+of\s+(?!shares|employees)"),
    ("days", r"\bin\s+days\b|\(days\)|\bdays\s+(?:sales|payable|inventory)\b"),
    ("years", r"\(?\bin\s+years\b\)?|\(years\)|\buseful\s+li(?:fe|ves)\b"),
)
_CAPTION = re.compile(
    r"\(?\s*(?:[a-z]+\s+)*(?:in|of)?\s*(?:the\s+)?[$€£]?\s*(?:in\s+)?(?:thousands?|millions?|billions?|mm)\b"
    r"|\bunaudited\b|\bexcept\b.*\b(?:share|where|percent)|\(\s*dollars\b|\$\s*in\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and a scale as a text states them; "" and 0 where it states none."""

    unit: str = ""
    scale: int = 0


def unit_of_caption(text: str) -> Unit:
    """The unit and scale of a whole table.

    >>> unit_of_caption("(In thousands, except per share data)")
    Unit(unit='', scale=1000)
    >>> unit_of_caption("(dollars in millions)")
    Unit(unit='USD', scale=1000000)
    """
    return Unit(_currency(text), _scale(text))


def unit_of_label(text: str, path: str = "", *, caption: str = "", scale: int = 1, money: str = "") -> Unit:
    """The unit and scale that a row's label or a column's heading states for itself.

    Args:
        text: the label or heading.
        path: the section headings above it, in which a unit may stand instead.
        caption: the table's; it says whether share counts share the table's scale.
        scale: the table's.
        money: the table's currency.

    >>> unit_of_label("Diluted earnings per share", money="USD")
    Unit(unit='USD/share', scale=1)
    >>> unit_of_label("Basic", "Weighted average shares outstanding", caption="(in millions)", scale=1000000)
    Unit(unit='shares', scale=1000000)
    >>> unit_of_label("Total assets (billions)")
    Unit(unit='', scale=1000000000)
    >>> unit_of_label("amount (USD)"), unit_of_label("sales (EUR thousand)")
    (Unit(unit='USD', scale=1), Unit(unit='EUR', scale=1000))
    """
    stated = _scale(text)
    if text.lstrip().startswith("%"):
        return Unit("%", 1)
    for part in (text, path):
        if _PER_SHARE.search(part) and not _SHARES.search(text):
            if _CENTS.search(part):
                return Unit("cents/share", 1)
            return Unit(f"{_currency(part) or money or 'USD'}/share", 1)
        if _SHARES.search(part) and not _currency(part):
            own = _shares_apart(caption)
            return Unit("shares", stated or _scale(part) or (1 if own else scale))
        if _is_percent(part, stated):
            return Unit("%", 1)
        for unit, pattern in _COUNTS:
            if re.search(pattern, part, re.IGNORECASE):
                return Unit(unit, stated or 1)
    if not stated and (currency := _bracketed_currency(text)):
        return Unit(currency, scale)
    return Unit(_currency(text) if stated else "", stated)


def is_caption(text: str) -> bool:
    """Whether a line states units or that nothing was audited, rather than a heading.

    >>> is_caption("(In millions, except per share amounts)"), is_caption("Three Months Ended")
    (True, False)
    """
    if len(text) >= 130:
        return False
    elsewhere = any(re.search(pattern, text, re.IGNORECASE) for _, pattern in _ELSEWHERE)
    return _CAPTION.search(text) is not None or (elsewhere and len(text) < 60)


def money_marks(text: str) -> str:
    """The currency whose mark stands in a cell."""
    return _currency(text)


def _is_percent(text: str, scale: int) -> bool:
    if scale or re.search(r"\b(?:net of|less than|more than|owned)\b", text, re.IGNORECASE):
        return False
    return _PERCENT.search(text) is not None


def _shares_apart(caption: str) -> bool:
    """Whether a caption excepts share counts from its scale: `except share and per share data`."""
    excepted = caption.lower().partition("except")[2]
    return re.search(r"\bshares?\b", re.sub(r"per[- ](?:\w+ )?shares?", "", excepted)) is not None


def _scale(text: str) -> int:
    if found := _SCALE.search(text):
        return _SCALES[found[1].lower()]
    if _THOUSANDS.search(text):
        return 1_000
    stated = [scale for scale, pattern in _ELSEWHERE if re.search(pattern, text, re.IGNORECASE)]
    return stated[0] if len(stated) == 1 else 0


def _bracketed_currency(text: str) -> str:
    """The currency that stands alone in the brackets at the end of a label."""
    found = _BRACKETED.search(text)
    fitting = (code for code in _CURRENCIES if found and re.fullmatch(_CURRENCIES[code], found[1]))
    return next(fitting, "")


def _currency(text: str) -> str:
    for code in ("CAD", "AUD"):
        if re.search(_CURRENCIES[code], text):
            return code
    for code, pattern in _CURRENCIES.items():
        if re.search(pattern, text, re.IGNORECASE if "b" in pattern else 0):
            return code
    return ""
