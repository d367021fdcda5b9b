"""Normalize answers, so that those that mean the same compare equal in votes and grading.

`normalise` gives a hashable form; its text normalises to itself. `equal` says whether two answers mean
the same, and that `60%` may be 60 or 0.6. Mathematical equality (is √8 the same as 2√2?) needs a
computer algebra system: `undecided` says where asking one, as `chains.algebra` does in the sandbox, may pay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from sandreckoner.reading.dates import read_date
from sandreckoner.reading.latex import strip_latex
from sandreckoner.reading.numbers import Number, find_numbers
from sandreckoner.reading.units import spell_powers, unit_of

MAX_SIZE = Fraction(10) ** 45  # larger numbers are not answers, and slow to write
DIGITS = 9  # significant digits to which numbers other than integers are rounded
Kind = Literal["number", "percent", "date", "choice", "truth", "list", "text"]

MAX_CHARACTERS = 10_000  # longer answers are compared as text
MAX_NESTING = 4
_CHOICE = re.compile(
    r"(?:option |choice )?(?:\(([A-Ra-r])\)|([A-R]))(?:[).:].*)?|([a-r])\)(?:\s.*)?", re.DOTALL
)
_TRUTH = {"yes": "yes", "true": "yes", "correct": "yes", "no": "no", "false": "no", "incorrect": "no"}
_NAMED = re.compile(r"[A-Za-z]\w{0,20}\s*=\s*(?=[^=])")
_VARIABLE = re.compile(r"\$?([A-Za-z](?:_?\d)?)\s*=\s*(?=[^=])")
_LOSS = r"(?:loss|deficit|shortfall|decrease|decline|drop|reduction|fall)"
_AMOUNT = r"[$€£]?[\d][\d.,]*\s?(?:%|percent\b|per cent\b)?"
_NEGATIVE = re.compile(
    rf"\b(?:(?:negative|minus)\s+|(?:(?:an?|the)\s+)?{_LOSS}\s+of\s+)(?=[$€£]?[\d.])", re.IGNORECASE
)
_NEGATIVE_AFTER = re.compile(
    rf"(?<![-−\d.,])(?P<amount>{_AMOUNT})(?:\s+(?:points?|dollars|euros|degrees|units))?\s+(?:(?:net"
    rf"|total|overall|annual)\s+)?"
    rf"(?:{_LOSS}\b|below zero\b|in the red\b)",
    re.IGNORECASE,
)
# Words before or after a number that make it another number, or none.
_OTHER_BEFORE = re.compile(
    r"(?<!\w)(?:up to|not|no|never|nor|neither|without|except|excluding|but|less|more|fewer|greater"
    r"|larger|smaller|higher"
    r"|lower|longer|shorter|bigger|older|younger|better|worse|under|over|above|below|least|most|minimum"
    r"|maximum|than|between"
    r"|beyond|exceed(?:s|ing)?|log|ln|lg|(?:arc|a)?(?:sin|cos|tan|cot|sec|csc)h?|exp|sqrt|root|power"
    r"|square|cube|mod|modulo"
    r"|gcd|lcm|max|min|half|thirds?|quarters?|fourths?|fifths?|tenths?|double|twice|thrice|triple"
    r"|quadruple|times|dozens?"
    r"|multiples? of|divisible|factors? of|divisors? of|factorial|reciprocal|inverse"
    r"|\w+n['’]t)(?!\w)\W*(?:\w+\W+){0,2}$"
    r"|\b(?:jan(?:uary)?|feb(?:ruary)?|march|april|may|june|july|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\.?\s+$|[√<>≤≥~^]\s*$",
    re.IGNORECASE,
)
_COUNTS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|dozen"
_OTHER_AFTER = re.compile(
    r"\s*[!²³‰]|\s*[ije]\b(?!['’])|\s*\+(?!\s*[-\w])|\s*/\s*(?![hs]\b)[a-z]\b|(?:st|nd|rd|th)\s+(?:root"
    r"|power)"
    r"|[\s-]*(?:dozens?|score|gross|squared|cubed|factorial|times|mod|modulo|choose|pairs?|plus|pi"
    r"|per mille|per thousand|minus"
    r"|to the|(?:or|and) (?:more|less|fewer|up|above|below|over|under|higher|lower|greater|beyond"
    r"|counting)|upwards?"
    r"|at (?:most|least)|minimum|maximum|tops|and (?:a|one|three)[ -](?:half|third|quarter|fourth)s?"
    r"|halves|halfs|thirds"
    rf"|quarters|fourths|fifths|sixths|eighths|tenths|hundredths|thousandths|(?:or|to|out of|of|in"
    rf"|over) (?:{_COUNTS})"
    r"|radians? squared)\b",
    re.IGNORECASE,
)
_ALGEBRA = re.compile(r"[!\\^_√π∞+*/<>-]|\d[a-z(]")
_FACTORIAL = re.compile(r"(?:\d|\)|\b[a-z])!+$")
_WORD = re.compile(r"(?<![\\a-z])(?!sqrt|sin|cos|tan|log|exp|arc|[pbv]?matrix)[a-z]{3,}")  # two make it prose
_COMMA = re.compile(r",(?!\d{3}(?!\d))|,(?=\d{3}\d)|;|\s+and\s+")


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalized answer.

    Attributes:
        kind: what it was read as; `percent` is a number that may be a hundredth of itself.
        text: canonical; normalising it gives this form again.
        value: its number, for `number` and `percent`.
        items: its members, for `list`.
        name: the variable that it is said to be the value of, as `x` of `x = 3`; empty without one.
        brackets: those that a list was written in, such as `()`; empty without any.
        unit: its unit by one name, such as `km`; empty without one that is known.
    """

    kind: Kind
    text: str
    value: Fraction | None = None
    items: tuple[Normal, ...] = ()
    name: str = field(default="", compare=False)
    brackets: str = field(default="", compare=False)
    unit: str = field(default="", compare=False)


def normalise(text: str) -> Normal:
    """Normalize an answer; never raises, whatever the text."""
    return _remembered(text) if len(text) <= MAX_CHARACTERS else Normal("text", " ".join(text.split()))


@lru_cache(4_096)  # each new vote normalizes all answers again
def _remembered(text: str) -> Normal:
    return _normalise(text, MAX_NESTING)


def without_direction(text: str) -> str:
    """Take off the words that make an amount a loss: "a decrease of 7%" becomes `7%`."""
    text = re.sub(rf"\b(?:(?:an?|the)\s+)?{_LOSS}\s+of\s+(?=[$€£]?\d)", "", text, flags=re.IGNORECASE)
    return _NEGATIVE_AFTER.sub(r"\g<amount>", text).removeprefix("a ")


def equal(one: str, other: str) -> bool:
    """Whether two answers mean the same. Symmetric; not transitive, since 60 and 0.6 both equal `60%`."""
    return alike(normalise(one), normalise(other))


def alike(one: Normal, other: Normal) -> bool:
    """Whether two normalized answers mean the same; see `equal`."""
    if at_odds(one, other):
        return False
    if one == other:
        return not any(at_odds(*pair) for pair in zip(one.items, other.items, strict=True))
    if one.items and len(one.items) == len(other.items):
        return all(alike(a, b) for a, b in zip(one.items, other.items, strict=True))
    if one.value is None or other.value is None:
        return False
    return not values_of(one).isdisjoint(values_of(other)) and {one.kind, other.kind} == {"number", "percent"}


def at_odds(one: Normal, other: Normal) -> bool:
    """Whether what stands beside two values makes them different: x = 3 and y = 3, 7 m and 7 kg."""
    if one.name and other.name and one.name != other.name:
        return True
    if one.unit and other.unit and one.unit != other.unit:
        return True
    return _is_interval(one) and _is_interval(other) and one.brackets != other.brackets


def _is_interval(normal: Normal) -> bool:
    """Whether a list may be an interval, so that its brackets matter: `(2, 3)` is not `[2, 3]`."""
    values = [item.value for item in normal.items if item.value is not None]
    return normal.brackets in ("()", "[]") and len(values) == len(normal.items) == 2 and values[0] < values[1]


def values_of(normal: Normal) -> set[Fraction]:
    """Return the numbers it may mean: two for a percentage, none for other kinds."""
    if normal.value is None:
        return set()
    return {normal.value, normal.value / 100} if normal.kind == "percent" else {normal.value}


def undecided(one: Normal, other: Normal) -> bool:
    """Whether two unequal answers may be equal to a computer algebra system.

    That is so where one holds more than numbers, and for two lists, which may be sets without their braces.
    """
    if at_odds(one, other) or alike(one, other):
        return False
    lists = bool(one.items) and len(one.items) == len(other.items)
    return lists or _is_algebra(one) or _is_algebra(other)


def _is_algebra(normal: Normal) -> bool:
    if normal.items:
        return any(_is_algebra(item) for item in normal.items)
    return (
        normal.kind == "text" and bool(_ALGEBRA.search(normal.text)) and len(_WORD.findall(normal.text)) < 2
    )


def _normalise(text: str, nesting: int) -> Normal:
    text = spell_powers(strip_latex(text).rstrip(".").strip())
    if nesting and (solutions := _solutions(text, nesting)):
        return solutions
    named = _VARIABLE.match(text)
    text = _NAMED.sub("", text, count=1) if _NAMED.match(text) else text
    normal = _unnamed(_NEGATIVE.sub("-", _NEGATIVE_AFTER.sub(r"-\g<amount>", text)), nesting)
    return replace(normal, name=named[1]) if named and not normal.name else normal


def _solutions(text: str, nesting: int) -> Normal | None:
    """Read `x = 3, y = 4`, in any order, and `x = 2 or x = -2`, which is a set."""
    pieces = re.split(r"\s*(?:[,;]\s*(?:or\b|and\b)?|\bor\b|\band\b)\s*", text)
    if len(pieces) < 2 or not all(map(_VARIABLE.match, pieces)):
        return None
    items = sorted(
        (_normalise(piece, 0) for piece in pieces), key=lambda item: (item.name, item.kind, item.text)
    )
    if len({item.name for item in items}) > 1:
        return Normal("list", "; ".join(f"{item.name}={item.text}" for item in items), None, tuple(items))
    inner = "; ".join(item.text for item in items)
    return Normal("list", f"{{{inner}}}", None, tuple(items), items[0].name, "{}")


def _unnamed(text: str, nesting: int) -> Normal:
    if (bare := _bare(text)) is not None:
        return bare
    if nesting and (listed := _list(text, nesting)) is not None:
        return listed
    return _number_with_unit(text) or Normal("text", _words(text))


def _bare(text: str) -> Normal | None:
    """Read the whole text as one date, choice, truth value or number."""
    if date := read_date(text):
        return Normal("date", date)
    return _choice(text) or _truth(text) or _number(text)


def _choice(text: str) -> Normal | None:
    match = _CHOICE.fullmatch(text)
    if match is None:
        return None
    letter = next(group for group in match.groups() if group)
    return Normal("choice", f"({letter.upper()})")


def _truth(text: str) -> Normal | None:
    word = _TRUTH.get(text.rstrip("!").lower())
    return Normal("truth", word) if word else None


def _number(text: str) -> Normal | None:
    """Read the whole text as one number; brackets mean minus only for money and decimals."""
    bare = (
        text[1:-1].strip() if text.startswith("(") and text.endswith(")") and text[1:-1].isdigit() else text
    )
    bare = re.sub(r"^(?:about|approximately|around|≈|~|\+)\s*", "", bare, flags=re.IGNORECASE)
    bare = re.sub(r"\(\s*(-?\d+)\s*\)\s*/\s*(\d+)", r"\1/\2", bare)
    if re.fullmatch(r"\D{0,3}\d{1,3}( \d{3})+(\.\d+)?\D{0,3}", bare):
        bare = bare.replace(" ", "")  # 118 000, which two cells of a table may also be, but no answer
    numbers = find_numbers(bare)
    if len(numbers) != 1 or (numbers[0].start, numbers[0].end) != (0, len(bare)):
        return None
    return _from_number(numbers[0])


def _number_with_unit(text: str) -> Normal | None:
    """Read the only number in digits of a text: `18 dollars`, `$5.00 a pack`, `she has 8 left`."""
    if re.search(r"[\\^√π∞=+*<>≤≥]|\d\s*[(a-z]\b(?<!%)[\^(+-]|[a-z]\d|\d[abnpqruvwxyz]\b", text):
        return None
    numbers = [number for number in find_numbers(text) if any(map(str.isdigit, number.text))]
    if len(numbers) != 1:
        return None
    before, after = text[: numbers[0].start], text[numbers[0].end :]
    if _OTHER_BEFORE.search(before) or _OTHER_AFTER.match(after):
        return None
    if numbers[0].enclosed and before[-1:].isalnum():
        return None  # f(7)
    return _from_number(numbers[0], after)


def _from_number(number: Number, after: str = "") -> Normal | None:
    size = abs(number.value * number.scale)
    if size >= MAX_SIZE or 0 < size < 1 / MAX_SIZE:
        return None
    value = round_decimal(number.value * number.scale)
    if number.unit == "%":
        return Normal("percent", f"{decimal_text(value)}%", value)
    return Normal("number", decimal_text(value), value, unit=unit_of(after, number.unit))


def _list(text: str, nesting: int) -> Normal | None:
    bracket = text[:1] + text[-1:] if _encloses(text) else ""
    inner = text[1:-1] if bracket in ("[]", "()", "{}") else text
    pieces = [piece.strip() for piece in _split(inner) if piece.strip()]
    if len(pieces) < 2 and (bracket not in ("[]", "()", "{}") or not pieces):
        return None
    if len(pieces) == 1:
        return _normalise(pieces[0], nesting - 1)
    if bracket not in ("[]", "()", "{}") and any(_bare(piece) is None for piece in pieces):
        return None  # a sentence with commas in it, or a sum of units
    items = [_normalise(piece, nesting - 1) for piece in pieces]
    if bracket == "{}":
        items.sort(key=lambda item: (item.kind, item.text))
    ends = "{}" if bracket == "{}" else "[]"
    joined = f"{ends[0]}{'; '.join(item.text for item in items)}{ends[1]}"
    return Normal("list", joined, None, tuple(items), brackets=bracket)


def _encloses(text: str) -> bool:
    """Whether the bracket that a text begins with is closed by its last character, and not before."""
    depth = 0
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth <= 0:
            return i == len(text) - 1
    return False


def _split(text: str) -> list[str]:
    """Split at commas outside brackets and outside numbers such as `1,234`."""
    pieces, depth, start = [], 0, 0
    cuts = {match.start(): match.end() for match in _COMMA.finditer(text)}
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and i in cuts:
            pieces.append(text[start:i])
            start = cuts[i]
    return [*pieces, text[start:]]


def _words(text: str) -> str:
    text = text.casefold().strip(" \t'\".,;:?")
    text = text if _FACTORIAL.search(text) else text.rstrip("!").rstrip(" \t'\".,;:?")
    text = re.sub(r"^(?:the|an?)\s+", "", text)
    return re.sub(r"\s+", " ", re.sub(r"\s*([-+*/^=(),])\s*", r"\1", text)).strip()


def round_decimal(value: Fraction) -> Fraction:
    """Round to 9 significant digits and never fewer than 2 decimals; integers stay exact."""
    if value.denominator == 1:
        return value
    size = len(str(abs(value.numerator) // value.denominator))  # digits before the point
    if abs(value) < 1:
        size = 0
        while abs(value) < Fraction(10) ** (size - 1):
            size -= 1
    return round(value, max(2, DIGITS - size))


def decimal_text(value: Fraction) -> str:
    """Write a fraction as an exact decimal; rounded values always have one."""
    if value.denominator == 1:
        return str(value.numerator)
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(abs((value * 10**places).numerator)).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
