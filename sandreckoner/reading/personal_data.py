"""Personal data that has a form: addresses of the network, telephone, card, account and national numbers.

A number with a check digit counts only where the digit is right, so that amounts are left alone. Names and
postal addresses have no form: they need a model of the language.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from operator import mul


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


def _card(text: str) -> bool:
    """A row of years such as 2023 2024 2025 2026 has the form of a card, and one in ten its check digit."""
    years = all(re.fullmatch(r"(?:19|20)\d\d", group) for group in re.split("[ -]", text))
    return not years and _luhn(text)


def _iban(text: str) -> bool:
    """Verify the check digits of an account (ISO 13616)."""
    plain = re.sub(r"\W", "", text).upper()
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _address(text: str) -> bool:
    """An address of the network; `4.5.6.7` is the number of a section or of a version."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(text)) and re.search(r"\d\d|:", text) is not None
    return False


def _phone(text: str) -> bool:
    digits = sum(sign.isdigit() for sign in text)
    return (8 if text.startswith("(") else 9) <= digits <= 15 and not text.isdigit()


def _spanish(text: str) -> bool:
    number = re.sub(r"\W", "", text).upper()
    return (
        "TRWAGMYFPDXBNJZSQVHLCKE"[int(number[:-1].translate(str.maketrans("XYZ", "012"))) % 23] == number[-1]
    )


def _french(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def _polish(text: str) -> bool:
    total: int = sum(map(mul, map(int, text), (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)))
    return total % 10 == 0


def _chinese(text: str) -> bool:
    """Verify the check sign (ISO 7064, MOD 11-2), of which X is 10."""
    values = [10 if sign in "Xx" else int(sign) for sign in text]
    return sum(value << place for place, value in enumerate(reversed(values))) % 11 == 1


def _finnish(text: str) -> bool:
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[7:10]) % 31] == text[10]


def _always(text: str) -> bool:
    return True


_BEFORE, _AFTER = r"(?<![\w.,$€£¥/-])", r"(?![\w/-]|[.,]\d)"
_DATE = r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"  # without its century
# Digits that only the word before them tells from an amount; the group `data` is what is found.
_CALLED = r"\b(?i:tel|phone|fax|mobile|cell|hotline|call|dial|dialing|number is|relations)[.:]{0,2} (?P<data>"
_ISSUED = r"\b(?i:ssn|security number|tax id|idnr|bsn|aadhaar|passport)[.:]{0,2} (?P<data>"
_PATTERNS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("EMAIL", r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", _always),
    ("IBAN", r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b", _iban),
    ("CARD", r"(?<![\w.,+-])(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d|35\d\d)\d{12}|3[0478]\d{12,13}|"
     r"[2-6]\d{3}(?:([ -])\d{4}(?:\1\d{4}){2}(?:\1\d{1,3})?|"
     r"([ -])\d{6}\2\d{4,5}))(?![\w-]|[.,]\d)", _card),
    ("NATIONAL", r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}\b", _french),
    ("NATIONAL", r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])", _always),
    ("NATIONAL", r"\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D]\b",
     _always),
    ("NATIONAL", r"\b(?:\d{8}|[XYZ]\d{7})-?[A-HJ-NP-TV-Z]\b", _spanish),
    ("NATIONAL", r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b", _always),  # Italy
    ("NATIONAL", r"\b756\.\d{4}\.\d{4}\.\d\d\b", _always),  # Switzerland
    ("NATIONAL", rf"(?<![\w-]){_DATE}-\d{{4}}(?![\w-]|[.,]\d)", _luhn),  # Sweden
    ("NATIONAL", rf"(?<![\w-]){_DATE}-[1-8]\d{{6}}(?![\w-])", _always),  # Korea
    ("NATIONAL", r"(?<![\w-])[0-3]\d[01]\d{3}[-+A]\d{3}[0-9A-FHJ-NPR-Y]\b", _finnish),
    ("NATIONAL", r"(?<![\w.,-])\d\d[0-3]\d[0-3]\d{6}(?![\w-]|[.,]\d)", _polish),
    ("NATIONAL", r"\b[1-8]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d{4}[\dXx]\b", _chinese),
    ("NATIONAL", r"(?<![\w.,-])\d{3}\.\d{3}\.\d{3}-\d\d(?![\w-])", _always),  # Brazil
    ("NATIONAL", r"\b[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]\b", _always),  # India
    ("NATIONAL", _ISSUED + r"\d(?:[ -]?\d){6,13})(?![\w-]|[.,]\d)", _always),
    ("IP", r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)", _address),
    ("IP", r"(?<![\w:.])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f]*:)[0-9A-Fa-f:]{3,39}(?![\w:])", _address),
    ("PHONE", _BEFORE + r"(?:\+|00)\d{1,3}[ ./-]?(?:\(?\d{1,5}\)?[ ./-]?){2,6}\d{1,4}" + _AFTER, _phone),
    ("PHONE", _BEFORE + r"(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-. ]\d{4}" + _AFTER, _phone),
    ("PHONE", _BEFORE + r"(?<!\d )(?:\(0\d{1,4}\)|0\d{1,4})(?:[ /-]?\d{2,8})(?:[ -]?\d{2,4}){0,4}" + _AFTER,
     _phone),
    ("PHONE", _BEFORE + r"[6-9]\d{4} \d{5}" + _AFTER, _phone),
    ("PHONE", _CALLED + r"\(?\d(?:[ ./-]?\(?\d\)?){6,13})" + _AFTER, _always),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern), holds) for kind, pattern, holds in _PATTERNS)
KINDS = tuple(dict.fromkeys(kind for kind, _, _ in _PATTERNS))


def personal_data(text: str) -> Iterator[Found]:
    """Find personal data, from left to right; of two that overlap, the kind that is listed first counts.

    >>> [found.kind for found in personal_data("ann@example.org paid 8,412 with 4111 1111 1111 1111")]
    ['EMAIL', 'CARD']
    """
    taken: list[Found] = []
    used = bytearray(len(text))
    for kind, pattern, holds in _COMPILED:
        part = "data" if "data" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            start, end = match.span(part)
            if not any(used[start:end]) and holds(match[part]):
                taken.append(Found(start, end, kind))
                used[start:end] = b"x" * (end - start)
    yield from sorted(taken, key=lambda found: found.start)


def masked(text: str, found: Iterable[Found] | None = None) -> str:
    """Mask personal data; the text keeps its length, so that places in it stay where they are.

    Args:
        text: any text.
        found: what is masked; None for what has a form.

    >>> masked("call 415-555-2671 about 14 pens")
    'call [PHONE#####] about 14 pens'
    """
    for each in personal_data(text) if found is None else found:
        inside = each.end - each.start - 2
        text = f"{text[: each.start]}[{each.kind[:inside].ljust(inside, '#')}]{text[each.end :]}"
    return text
