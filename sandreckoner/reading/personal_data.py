"""Personal data that has a form: addresses of the network, telephone, card, account and national numbers.

A number with a check digit counts only where the digit is right, so that amounts are left alone. Names and
postal addresses have no form: they need a model of the language.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data: its place in the text, and its kind."""

    start: int
    end: int
    kind: str


def _luhn(text: str) -> bool:
    """Verify the check digit of a card number (Luhn 1954)."""
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[1::2]]
    return any(digits) and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    """Verify the check digits of an account (ISO 13616)."""
    plain = re.sub(r"\W", "", text).upper()
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _address(text: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(text))
    return False


def _phone(text: str) -> bool:
    digits = sum(sign.isdigit() for sign in text)
    return 9 <= digits <= 15 and not text.isdigit()


def _spanish(text: str) -> bool:
    number = re.sub(r"\W", "", text).upper()
    return (
        "TRWAGMYFPDXBNJZSQVHLCKE"[int(number[:-1].translate(str.maketrans("XYZ", "012"))) % 23] == number[-1]
    )


def _french(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


_BEFORE, _AFTER = r"(?<![\w.,$€£¥/-])", r"(?![\w/-]|[.,]\d)"
_PATTERNS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("EMAIL", r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", lambda text: True),
    ("IBAN", r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){3,7}(?:[ -]?[A-Z0-9]{1,3})?\b", _iban),
    ("CARD", r"(?<![\w.,+-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)", _luhn),
    ("NATIONAL", r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}\b", _french),
    ("NATIONAL", r"(?<![\w-])(?!000|666|9)\d{3}[- ](?!00)\d{2}[- ](?!0000)\d{4}(?![\w-])", lambda text: True),
    ("NATIONAL", r"\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D]\b",
     lambda text: True),
    ("NATIONAL", r"\b(?:\d{8}|[XYZ]\d{7})-?[A-HJ-NP-TV-Z]\b", _spanish),
    ("NATIONAL", r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b", lambda text: True),
    ("IP", r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)", _address),
    ("IP", r"(?<![\w:.])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f]*:)[0-9A-Fa-f:]{3,39}(?![\w:])", _address),
    ("PHONE", _BEFORE + r"(?:\+|00)\d{1,3}[ ./-]?(?:\(?\d{1,5}\)?[ ./-]?){2,6}\d{1,4}" + _AFTER, _phone),
    ("PHONE", _BEFORE + r"(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-. ]\d{4}" + _AFTER, _phone),
    ("PHONE", _BEFORE + r"(?:\(0\d{1,4}\)|0\d{1,4})(?:[ /-]?\d{2,8})(?:[ -]?\d{2,4}){0,4}" + _AFTER, _phone),
    ("PHONE", _BEFORE + r"[6-9]\d{4} \d{5}" + _AFTER, _phone),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern), holds) for kind, pattern, holds in _PATTERNS)
KINDS = tuple(dict.fromkeys(kind for kind, _, _ in _PATTERNS))


def personal_data(text: str) -> Iterator[Found]:
    """Find personal data, from left to right; of two that overlap, the kind that is listed first counts.

    >>> [found.kind for found in personal_data("ann@example.org paid 8,412 with 4111 1111 1111 1111")]
    ['EMAIL', 'CARD']
    """
    taken: list[Found] = []
    for kind, pattern, holds in _COMPILED:
        for match in pattern.finditer(text):
            free = all(match.end() <= other.start or match.start() >= other.end for other in taken)
            if free and holds(match[0]):
                taken.append(Found(match.start(), match.end(), kind))
    yield from sorted(taken, key=lambda found: found.start)
