"""Recognise a reply that goes in circles: the same line, or the same few lines, again and again."""

from __future__ import annotations

import re

TIMES = 8  # equal periods in a row that are no accident
TIMES_OF_NUMBERS = 64  # a list may well have eight equal numbers, one a line
PERIOD_LINES = 4  # the longest period that is looked for

_LETTER = re.compile(r"[^\W\d_]")


class RepetitionWatch:
    r"""Watches a reply that arrives in pieces. Blank lines do not count, nor does space around a line.

    >>> watch = RepetitionWatch()
    >>> [watch.feed(piece) for piece in ("total = 1\n", "total += 1\n" * 7, "total +", "= 1\n")]
    [False, False, False, True]
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._open = ""

    def feed(self, piece: str) -> bool:
        """Take in the next piece; returns whether the reply goes in circles at its end."""
        *whole, self._open = (self._open + piece).split("\n")
        found = False
        for line in whole:
            if line := line.strip():
                self._lines.append(line)
                del self._lines[: -PERIOD_LINES * TIMES_OF_NUMBERS]
                found = self._circles()
        return found

    def _circles(self) -> bool:
        return any(self._repeats(period) for period in range(1, PERIOD_LINES + 1))

    def _repeats(self, period: int) -> bool:
        """Whether the last `period` lines stand there often enough in a row."""
        lines = self._lines
        times = TIMES if any(_LETTER.search(line) for line in lines[-period:]) else TIMES_OF_NUMBERS
        needed = period * times
        return len(lines) >= needed and lines[-needed:-period] == lines[-needed + period :]
