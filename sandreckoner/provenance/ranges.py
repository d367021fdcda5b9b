"""Numbers that share the unit behind the last of them: `10-12 %`, `10 to 12 million`, `5, 6 and 7 %`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from sandreckoner.reading.numbers import Number

_BETWEEN = re.compile(
    r"\s?(?:-|–|—|−|~|to|and|or|up to|through|until|bis|a|à|hasta|/|,|, and|, or|\.\.+)\s?", re.IGNORECASE
)

_DASH = re.compile(r"\s?(?:-|–|—|−|to)\s?")
_YEAR = re.compile(r"(?:19|20)\d\d")


def spread(text: str, numbers: Sequence[Number]) -> Iterator[Number]:
    """Yield the numbers of ranges and lists with the per cent sign or the scale of the last one.

    Args:
        text: that they stand in.
        numbers: all of its numbers as written, in order.
    """
    unit, scale = "", 1
    for number, following in reversed(list(pairwise(numbers))):
        between = text[number.end : following.start]
        # "10-12" is read as 10 and -12, or as 10 and 12
        if _YEAR.fullmatch(number.text) and not _DASH.fullmatch(between):
            unit, scale = "", 1
            continue
        is_linked = _BETWEEN.fullmatch(between) or (between.strip() == "" and following.text[:1] in "-–−")
        if not is_linked:
            unit, scale = "", 1
            continue
        unit = following.unit if following.unit in ("%", "bp") else unit
        scale = following.scale if following.scale != 1 else scale
        if not _has_own_unit(number) and (unit or scale != 1):
            yield replace(number, unit=number.unit if scale != 1 else unit, scale=scale)


def _has_own_unit(number: Number) -> bool:
    return number.scale != 1 or number.unit in ("%", "bp")
