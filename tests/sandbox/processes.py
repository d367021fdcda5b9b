"""Who is still running."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path


def parents() -> dict[int, int]:
    """Every process of this machine, with its parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def descendants(*ancestors: int) -> set[int]:
    """All processes below some others."""
    tree = parents()
    found: set[int] = set()
    frontier = set(ancestors)
    while frontier:
        frontier = {child for child, parent in tree.items() if parent in frontier}
        found |= frontier
    return found


class Watch:
    """The processes that come after it, below this one: those of other sandboxes are not counted."""

    def __init__(self) -> None:
        self._others = {child for child, parent in parents().items() if parent == os.getpid()}

    def __call__(self) -> set[int]:
        zygotes = {child for child, parent in parents().items() if parent == os.getpid()} - self._others
        return zygotes | descendants(*zygotes)


def settles(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within some seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
