"""Numbers in English words (`twelve`, `three quarters`, `a dozen`), and words that scale numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

_UNITS = (  # noqa: SIM905  # a sentence is easier to check than a list
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
SMALL = {word: n for n, word in enumerate(_UNITS)} | {word: 20 + 10 * n for n, word in enumerate(_TENS)}
LARGE = {
    "hundred": 100,
    "thousand": 10**3,
    "lakh": 10**5,
    "million": 10**6,
    "crore": 10**7,
    "billion": 10**9,
    "trillion": 10**12,
    "dozen": 12,
}
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_TIMES = {
    **dict.fromkeys(("once", "single"), 1),
    **dict.fromkeys(("twice", "double", "doubled", "doubles", "pair", "couple", "both"), 2),
    **dict.fromkeys(("thrice", "triple", "tripled", "triples"), 3),
    **dict.fromkeys(("quadruple", "quadrupled"), 4),
}
_ONES, _TEENS = "|".join(_UNITS[1:10]), "|".join(sorted(_UNITS, key=len, reverse=True))
_BELOW = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{_ONES}))?|{_TEENS})"
_MANY = rf"(?:{'|'.join(LARGE)})"
# `twenty-one`, `two hundred and five thousand`, `a million`; `one fifty` is two numbers.
CARDINAL = (
    rf"(?:(?:{_BELOW}|an?(?=[ -]{_MANY})|dozen)"
    rf"(?:[ -]{_MANY}(?:(?:[ -]and)?[ -]{_BELOW}\b)?)*)"
)
_WORDS = re.compile(
    rf"\b(?:(?P<times>{'|'.join(_TIMES)})"
    rf"|(?P<whole>{CARDINAL})(?:[ -](?P<of>{'|'.join(_PARTS)})s?)?"
    rf"|(?P<part>{'|'.join(_PARTS)}))s?\b",
    re.IGNORECASE,
)


_POINT = re.compile(rf" point((?:[ -](?:{'|'.join(_UNITS[:10])}))+)\b", re.IGNORECASE)


def word_numbers(text: str) -> Iterator[tuple[int, int, Fraction]]:
    """Yield each number in words as (start, end, value), in order.

    Words that are numbers only sometimes (`one`, `second`, `third`) are read as numbers; ordinals are not.
    """
    end = 0
    for match in _WORDS.finditer(text):
        if match.start() < end:
            continue  # a decimal of the number before it
        if match["times"]:
            yield match.start(), match.end(), Fraction(_TIMES[match["times"].lower()])
        elif match["part"]:
            yield match.start(), match.end(), Fraction(1, _PARTS[match["part"].lower()])
        elif match["of"]:
            yield (
                match.start(),
                match.end(),
                Fraction(whole_number(match["whole"]), _PARTS[match["of"].lower()]),
            )
        else:
            value, end = Fraction(whole_number(match["whole"])), match.end()
            if point := _POINT.match(text, end):
                digits = "".join(str(_UNITS.index(word)) for word in re.findall(r"[a-z]+", point[1].lower()))
                value, end = value + Fraction(int(digits), 10 ** len(digits)), point.end()
            yield match.start(), end, value


def whole_number(words: str) -> int:
    """Return the value of whole-number words: `two hundred and five thousand` is ((2 · 100) + 5) · 1000."""
    total = group = 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in SMALL:
            group += SMALL[word]
        elif scale := LARGE.get(word, LARGE.get(word.removesuffix("s"), 0)):
            group = max(group, 1) * scale
            if scale > 100:
                total, group = total + group, 0
    return total + group


SCALES = {
    **dict.fromkeys(("hundred",), 10**2),
    **dict.fromkeys(("thousand", "thousands", "k"), 10**3),
    **dict.fromkeys(("lakh", "lakhs"), 10**5),
    **dict.fromkeys(("million", "millions", "mln", "mn", "mm", "m"), 10**6),
    **dict.fromkeys(("crore", "crores"), 10**7),
    **dict.fromkeys(("billion", "billions", "bln", "bn", "b"), 10**9),
    **dict.fromkeys(("trillion", "trillions", "tn"), 10**12),
}
_CAPTION = re.compile(
    r"\b(?:in|of)\s+(?:[A-Za-z$€£.]+\s+){0,3}?(?P<word>thousand|million|billion)s?\b"
    r"|[(|,]\s*(?:[A-Z]{0,3}[$€£]|[A-Z]{3})?\s*(?P<lone>thousand|million|billion|mn|bn)s?\s*[,)|]"
    r"|(?P<zeros>['’]000s?)\b|(?:[$€£]|USD|EUR|GBP|RMB)\s?(?P<short>m|mn|bn|k|million|billion|thousand)\b",
    re.IGNORECASE,
)


def caption_scales(text: str) -> tuple[int, ...]:
    """Return the multipliers in a table caption such as `(in millions)`, `$'000` or `€m`."""
    scales = []
    for match in _CAPTION.finditer(text):
        word = (match["word"] or match["lone"] or match["short"] or "k").lower()
        scales.append(SCALES[word])
    return tuple(dict.fromkeys(scales))
