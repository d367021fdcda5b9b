"""The units that people write beside a number, each by one name: `7 kilometres` and `7 km` have the same."""

from __future__ import annotations

import re

_NAMES = {
    "mm": "mm millimet(?:er|re)s?",
    "cm": "cms? centimet(?:er|re)s?",
    "m": "m met(?:er|re)s?",
    "km": "kms? kilomet(?:er|re)s?",
    "inch": "in inch(?:es)? ″",
    "foot": "ft foot feet",
    "yard": "yds? yards?",
    "mile": "mi miles?",
    "mg": "mg milligrams?",
    "g": "g grams? grammes?",
    "kg": "kgs? kilos? kilograms?",
    "tonne": "tonnes? tons?",
    "ounce": "oz ounces?",
    "millisecond": "ms milliseconds?",
    "second": "s secs? seconds?",
    "minute": "mins? minutes?",
    "hour": "h hrs? hours?",
    "day": "days?",
    "week": "weeks?",
    "month": "months?",
    "year": "yrs? years?",
    "ml": "ml millilit(?:er|re)s?",
    "litre": "l lit(?:er|re)s?",
    "gallon": "gal gallons?",
    "degree": "deg degrees? °",
    "radian": "rad radians?",
    "dollar": r"\$ us\$ usd dollars? bucks?",
    "cent": "¢ cents?",
    "euro": "€ eur euros?",
    "yen": "¥ jpy yen",
    "rupee": "₹ inr rs rupees?",
}
_UNITS = {name: re.compile("|".join(written.split())) for name, written in _NAMES.items()}
_POWERS = {"square": "square ", "sq": "square ", "cubic": "cubic ", "2": "square ", "3": "cubic "}
_POWERS |= {"²": "square ", "³": "cubic "}
_AFTER = re.compile(r"\s*(?:(square|sq\.?|cubic)\s+)?([^\s\d.,;:()^²³/]+)\.?\s*(?:\^\s*\{?([23])\}?|([²³]))?")
# A power of a unit, which is no arithmetic: 7 m^2, 7 cm².
POWER = re.compile(
    r"(?<=\d )(mm|cm|dm|m|km|in|ft|yd|mi|units?|inch(?:es)?|feet|met(?:er|re)s?)\s*(?:\^\s*\{?([23])\}?"
    r"|([²³]))(?!\w)"
    r"|(?<=\d)(mm|cm|km|ft)(?:\^\s*\{?([23])\}?|([²³]))(?!\w)",
    re.IGNORECASE,
)


def spell_powers(text: str) -> str:
    """Write the power of a unit as a word: `7 m^2` becomes `7 square m`."""
    return POWER.sub(lambda match: f" {_power(match)}{match[1] or match[4]}", text)


def _power(match: re.Match[str]) -> str:
    return _POWERS[match[2] or match[3] or match[5] or match[6]]


def unit_of(after: str, sign: str = "") -> str:
    """Return the unit of a number by one name; empty for one that is not known.

    Args:
        after: the text behind the number.
        sign: a unit that stands with it, such as `$`.
    """
    if name := _named(sign):
        return name
    match = _AFTER.match(after)
    if match is None:
        return ""
    power = _POWERS.get((match[1] or match[3] or match[4] or "").lower().rstrip("."), "")
    name = _named(match[2])
    return power + name if name else ""


def _named(word: str) -> str:
    word = word.lower()
    return next((name for name, written in _UNITS.items() if word and written.fullmatch(word)), "")
