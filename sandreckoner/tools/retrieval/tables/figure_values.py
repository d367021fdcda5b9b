"""The number that a cell shows, exact, with brackets as a minus."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = re.compile(r"\d[\d,.'’\s]*\d|\d|\.\d+")
_MINUS = re.compile(r"^\W*\(|^[\s$€£¥]*[-−–‐]\s*[$€£¥]?\s*[\d.]")


def figure_value(text: str) -> Decimal | None:
    """The number in a cell; None where there is none, or more than one.

    A comma or a point is a decimal mark where it stands last and not before exactly three digits.

    >>> figure_value("$ (1,234.5)"), figure_value("12 %"), figure_value("1.234,5"), figure_value("—")
    (Decimal('-1234.5'), Decimal('12'), Decimal('1234.5'), None)
    >>> figure_value("2024-2026") is None
    True
    """
    found = _DIGITS.findall(text)
    if len(found) != 1 or len(text) > 60:
        return None
    digits = re.sub(r"['’\s]", "", found[0])
    last = max(digits.rfind(","), digits.rfind("."))
    mark = digits[last] if last >= 0 else ""
    tail = len(digits) - last - 1
    if mark and (digits.count(mark) > 1 or (mark == "," and tail == 3)):
        mark = ""  # it parts thousands
    whole, _, fraction = digits.rpartition(mark) if mark else (digits, "", "")
    number = Decimal(f"{re.sub(r'[,.]', '', whole) or '0'}.{fraction or '0'}").normalize()
    return -number if _MINUS.search(text) else number
