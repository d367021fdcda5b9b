"""Words that multiply a number: `million`, `bn`, `k`; and captions that multiply a whole table."""

from __future__ import annotations

import re

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
    """What a caption such as `(in millions)`, `$'000` or `€m` says its numbers are multiplied by."""
    scales = []
    for match in _CAPTION.finditer(text):
        word = (match["word"] or match["lone"] or match["short"] or "k").lower()
        scales.append(SCALES[word])
    return tuple(dict.fromkeys(scales))
