"""Large pages: a fork copies an entry for each page in use, and with large ones there are 512 times fewer."""

from __future__ import annotations

import contextlib
from pathlib import Path

from sandreckoner.tools.python.kernel.call import gather_pages

_LARGE = 2 << 20


class Heap:
    """The memory of this process that large pages could hold, as far as it is mapped now."""

    def __init__(self) -> None:
        try:
            maps = Path("/proc/self/maps").read_text().split("\n")
        except OSError:
            maps = []
        self._rest = [start for line in maps for start in _large_pieces(line)]

    def gather_one(self) -> bool:
        """Move one more piece, a millisecond's work; False when none is left."""
        if not self._rest:
            return False
        # A piece that is hardly used, or a kernel before 6.1: then it stays as it is.
        with contextlib.suppress(OSError):
            gather_pages(self._rest.pop(), _LARGE)
        return True


def _large_pieces(mapping: str) -> range:
    """Where a line of /proc/self/maps has room for large pages, each aligned; none in a file's memory."""
    fields = mapping.split()
    if len(fields) < 2 or not fields[1].startswith("rw") or fields[5:] not in ([], ["[heap]"]):
        return range(0)
    start, end = (int(address, 16) for address in fields[0].split("-"))
    return range(-(-start // _LARGE) * _LARGE, end - _LARGE + 1, _LARGE)
