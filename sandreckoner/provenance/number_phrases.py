"""Numbers that a text expresses in other words: `two and a half`, `threefold`, `25 basis points`, `April`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from sandreckoner.reading.number_words import CARDINAL, LARGE, SMALL, whole_number
from sandreckoner.reading.numbers import Number, find_numbers

_MONTHS = re.findall(
    r"\w+",
    "january february march april may june july august september october november december",
)
_MONTH = re.compile(
    r"\b(?:" + "|".join(f"{month[:3]}(?:t|{month[3:]})?" for month in _MONTHS) + r")\b", re.IGNORECASE
)
_NOTHING = re.compile(r"(?<=\|)\s*\$?\s*([-–—])\s*(?=\|)")  # a dash alone in a cell

_ORDINALS = {
    **{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8},
    **{"ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14},
    **{"fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19},
    **{f"{word[:-1]}ieth": value for word, value in SMALL.items() if value >= 20},
    **{"hundredth": 100, "thousandth": 1000, "millionth": 10**6},
}
_PARTS = {"half": 2, "halve": 2, "quarter": 4} | {word: n for word, n in _ORDINALS.items() if n > 2}
_GROUPS = {
    **{word: Fraction(value) for word, value in LARGE.items()},
    **{"score": Fraction(20), "gross": Fraction(144), "grand": Fraction(1000), "dozen": Fraction(12)},
}
_WORDS = {
    **dict.fromkeys(("nobody", "none", "no", "nil", "nothing", "zero"), (0,)),
    **dict.fromkeys(("twins", "duo", "every other", "twofold", "biweekly", "biannual", "biannually"), (2,)),
    **dict.fromkeys(("halve", "halves", "halved", "halving", "midway", "halfway"), (2, Fraction(1, 2))),
    **dict.fromkeys(("doubling", "couples", "pairs"), (2,)),
    **dict.fromkeys(("trio", "triplets", "tripling", "triennial"), (3,)),
    **dict.fromkeys(("quartet", "quadruplets", "quadruples", "quadrupling"), (4,)),
    **dict.fromkeys(("quintet", "quintuplets", "quintuple", "quintupled", "quintuples"), (5,)),
    **dict.fromkeys(("sextuple", "sextupled", "sextuples"), (6,)),
    **dict.fromkeys(("fortnight", "fortnights", "fortnightly"), (14, 2)),
    **dict.fromkeys(("penny", "pennies"), (1, Fraction(1, 100))),
    **dict.fromkeys(("nickel", "nickels"), (5, Fraction(1, 20))),
    **dict.fromkeys(("dime", "dimes"), (10, Fraction(1, 10))),
    "quarters": (25, Fraction(1, 4)),
    **dict.fromkeys(("noon", "midday"), (12,)),
    "midnight": (12, 24, 0),
    **dict.fromkeys(("century", "centuries"), (100,)),
    **dict.fromkeys(("decade", "decades"), (10,)),
}  # fmt: skip

_SMALLS = "|".join(sorted(SMALL, key=len, reverse=True))
_PART = rf"(?:{'|'.join(sorted(_PARTS, key=len, reverse=True))})s?"
_COUNT = rf"(?:{_SMALLS})(?:[ -](?:{_SMALLS}))?"
FRACTION = rf"(?:(?:an?|{_COUNT})[ -])?{_PART}"
_DIGITS = r"(?<![\d.,/])\d[\d,]*(?:\.\d+)?(?:\s\d+/\d+|/\d+|\s?[½⅓⅔¼¾⅕⅛⅜])?|[½⅓⅔¼¾⅕⅛⅜]"
AMOUNT = rf"(?:(?:{CARDINAL}|\d+)[ -]and[ -]{FRACTION}|{FRACTION}|{_DIGITS}|{CARDINAL})"
_OF = r"[ -](?:of[ ])?(?:an?[ ]|one[ ])?"
_PERCENT = r"(?:per\s?cent(?:age[ -]points?)?|percentage[ -]points?|pct\b|%)"


def _pattern(body: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){body}", re.IGNORECASE)


_GROUP = rf"(?P<group>{'|'.join(_GROUPS)})s?\b"
_PRODUCT = _pattern(rf"(?P<n>{AMOUNT}|an?){_OF}{_GROUP}")
_GROUP_AND = _pattern(rf"(?P<n>an?|{CARDINAL}|\d+)[ -]{_GROUP}[ -]and[ -](?P<part>{FRACTION})\b")
_FOLD = _pattern(rf"(?P<n>{AMOUNT})(?:[ -]?fold\b|\s?[x×](?![\w×]))")
_CENT = _pattern(rf"(?P<n>{AMOUNT}){_OF}{_PERCENT}")
_BASIS = _pattern(rf"(?P<n>{AMOUNT})[ -](?:basis[ -]points?|bps?)\b")
_OUT_OF = _pattern(
    rf"(?P<n>{AMOUNT}),?[ ](?:out of(?: every)?|in(?: every)?|of every|for every)[ ](?P<m>{AMOUNT})\b"
)
_MIXED = _pattern(rf"(?P<n>(?:{CARDINAL}|\d+)[ -]and[ -]{FRACTION})\b")
_PLAIN_FRACTION = _pattern(rf"(?P<n>{FRACTION})\b")
_ORDINAL = _pattern(
    rf"(?:(?P<n>{CARDINAL})[ -](?:and[ -])?)?(?P<last>{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})\b"
)
_WORD = _pattern(rf"(?P<word>{'|'.join(_WORDS)})\b")
_CLOCK = re.compile(r"(?<![\d:])(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?![\d:])\s?(?P<pm>[ap]\.?m\b)?", re.IGNORECASE)


def phrases(text: str) -> Iterator[Number]:
    """Yield the numbers that a text says in more than one word, or in a word that is no numeral."""
    readers: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[Number]]]] = [
        (_PRODUCT, _product), (_GROUP_AND, _group_and), (_FOLD, _plain), (_CENT, _percent), (_BASIS, _basis),
        (_OUT_OF, _out_of), (_MIXED, _plain), (_PLAIN_FRACTION, _plain), (_ORDINAL, _ordinal),
        (_WORD, _word), (_CLOCK, _clock),
    ]  # fmt: skip
    for pattern, read in readers:
        for match in pattern.finditer(text):
            yield from read(match)


def amount(words: str) -> Fraction | None:
    """Return the value of an amount such as `two and a half`, `three quarters`, `2 1/2` or `a`."""
    words = words.lower().strip()
    if words[:1].isdigit() or words[:1] in "½⅓⅔¼¾⅕⅛⅜":
        head, _, part = words.partition(" and ")
        numbers = find_numbers(head)
        if not numbers:
            return None
        return numbers[0].value + (fraction(part) or 0)
    if re.fullmatch(r"an?", words):
        return Fraction(1)
    if mixed := re.fullmatch(rf"({CARDINAL})[ -]and[ -]({FRACTION})", words):
        return Fraction(whole_number(mixed[1])) + (fraction(mixed[2]) or 0)
    return fraction(words) or Fraction(whole_number(words))


def fraction(words: str) -> Fraction | None:
    """Return the value of `half`, `a third`, `two fifths`."""
    match = re.fullmatch(rf"(?:(?P<n>an?|{_COUNT})[ -])?(?P<part>{_PART})", words)
    if match is None:
        return None
    part = match["part"] if match["part"] in _PARTS else match["part"].removesuffix("s")
    count = 1 if match["n"] in (None, "a", "an") else whole_number(match["n"])
    return Fraction(count, _PARTS[part])


def _made(match: re.Match[str], value: Fraction | None, unit: str = "", scale: int = 1) -> Iterator[Number]:
    if value is not None:
        yield Number(match[0], match.start(), match.end(), value, scale, unit)


def _plain(match: re.Match[str]) -> Iterator[Number]:
    return _made(match, amount(match["n"]))


def _product(match: re.Match[str]) -> Iterator[Number]:
    value = amount(match["n"])
    if value is not None:
        yield Number(match["n"], *match.span("n"), value)
        yield from _made(match, value * _GROUPS[match["group"].lower()])


def _group_and(match: re.Match[str]) -> Iterator[Number]:
    value, part = amount(match["n"]), fraction(match["part"].lower())
    if value is not None and part is not None:
        yield from _made(match, (value + part) * _GROUPS[match["group"].lower()])


def _percent(match: re.Match[str]) -> Iterator[Number]:
    return _made(match, amount(match["n"]), "%")


def _basis(match: re.Match[str]) -> Iterator[Number]:
    return _made(match, amount(match["n"]), "bp")


def _out_of(match: re.Match[str]) -> Iterator[Number]:
    count, whole = amount(match["n"]), amount(match["m"])
    if count is not None and whole and 0 < count < whole <= 1000:
        yield from _made(match, count / whole)


def _ordinal(match: re.Match[str]) -> Iterator[Number]:
    tens = whole_number(match["n"]) if match["n"] else 0
    last = _ORDINALS[match["last"].lower()]
    if not tens or (last < 10 and tens % 10 == 0 and tens >= 20) or (tens % 100 == 0 and last < 100):
        yield from _made(match, Fraction(tens + last))


def _word(match: re.Match[str]) -> Iterator[Number]:
    for value in _WORDS[match["word"].lower()]:
        yield from _made(match, Fraction(value))


def _clock(match: re.Match[str]) -> Iterator[Number]:
    hours = int(match["h"]) + Fraction(int(match["m"]), 60)
    yield from _made(match, hours)
    if (match["pm"] or "").lower().startswith("p") and hours < 12:
        yield from _made(match, hours + 12)
        yield from _made(match, Fraction(int(match["h"]) + 12))


def months(text: str) -> Iterator[Number]:
    """Yield month names as numbers, `April` as 4; only the month of a date should be matched with these."""
    for match in _MONTH.finditer(text):
        month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(match[0].lower()[:3]))
        yield Number(match[0], match.start(), match.end(), Fraction(month))


def dashes_as_zero(text: str) -> Iterator[Number]:
    """Yield each dash that is the whole cell of a table, as 0."""
    for match in _NOTHING.finditer(text):
        yield Number(match[1], *match.span(1), Fraction(0))


def parts(number: Number) -> Iterator[Number]:
    """Yield the parts of a fraction: `3/4` is 3 and 4, `two thirds` is 2 and 3, `half` is 2."""
    yield from number.parts
    if not number.parts and number.value.denominator > 1 and not any(map(str.isdigit, number.text)):
        yield replace(number, value=Fraction(number.value.numerator))
        yield replace(number, value=Fraction(number.value.denominator))
