"""Read a list of one item per line."""

from __future__ import annotations

import re

_BULLET = re.compile(
    r"^\s*(?:[-*•](?=\s)|\(?\d{1,3}[.):](?=\s)|\(?[a-z][.)](?=\s)|(?:Q|Step )\d{1,3}[.:])\s*",
    re.IGNORECASE,
)
_HEADING = re.compile(r".*:\s*$")
MAX_CHARACTERS = 1_000


def read_lines(reply: str, max_items: int, *, distinct: bool = True) -> tuple[str, ...]:
    """Return the items in order, without bullets, numbers, fences and headings such as `Questions:`.

    Args:
        reply: what the model wrote.
        max_items: the others are left out. Items over 1,000 characters are left out too.
        distinct: whether an item that repeats an earlier one is left out.
    """
    items: list[str] = []
    for line in reply.splitlines():
        item = _BULLET.sub("", line).strip()
        if not item or item.startswith("```") or _HEADING.fullmatch(item) or len(item) > MAX_CHARACTERS:
            continue
        if not (distinct and item in items):
            items.append(item)
        if len(items) == max_items:
            break
    return tuple(items)
