"""Which zygote a program needs: the lighter it is, the quicker it forks."""

from __future__ import annotations

import re
from typing import Literal

Tier = Literal["standard", "science", "full"]

# Looked for as words, not parsed: the host never parses a program. A mention in a comment costs some
# milliseconds and nothing else.
_FULL = re.compile(r"\bscipy\b")
_SCIENCE = re.compile(r"\b(?:numpy|sympy|mpmath)\b")


def tier_of(code: str, *, keep: bool) -> Tier:
    """The lightest tier that has what `code` imports.

    Where the state is kept, later programs may import what this one does not, so it starts from `science`.
    """
    if _FULL.search(code):
        return "full"
    return "science" if keep or _SCIENCE.search(code) else "standard"
