"""Redact personal data for logs: e-mail addresses, cards, IBANs, telephone numbers, IP addresses.

Patterns find what has a fixed form. Names and postal addresses have none: pass known ones in `also`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
PHONE = r"(?<![\w.,$€£-])(?:\+|00)\d{1,3}[ /-]?(?:\(?\d{1,5}\)?[ /-]?){2,5}\d{2,4}\b"
_PATTERNS = {
    "EMAIL": re.compile(r"\b[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"),
    "IBAN": re.compile(IBAN),
    "PHONE": re.compile(PHONE),
    "IP": re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"),
}
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")


def redacted(text: str, *, also: Collection[str] = ()) -> str:
    """Replace personal data in a text by `[REDACTED EMAIL]` and the like.

    >>> redacted("ann@example.org paid $8,412 with 4111 1111 1111 1111", also=["$8,412"])
    '[REDACTED EMAIL] paid [REDACTED] with [REDACTED CARD]'
    """
    for secret in sorted(filter(None, also), key=len, reverse=True):
        text = text.replace(secret, "[REDACTED]")
    for kind, pattern in _PATTERNS.items():
        text = pattern.sub(f"[REDACTED {kind}]", text)
    return _CARD.sub(lambda found: "[REDACTED CARD]" if _is_card(found[0]) else found[0], text)


def _is_card(digits: str) -> bool:
    """Verify the check digit of a card number (Luhn 1954)."""
    numbers = [int(digit) for digit in reversed(digits) if digit.isdigit()]
    doubled = [2 * number - 9 * (number > 4) for number in numbers[1::2]]
    return (sum(numbers[::2]) + sum(doubled)) % 10 == 0
