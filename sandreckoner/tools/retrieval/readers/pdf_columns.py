"""The reading order of a PDF page in two columns whose lines were drawn across both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from sandreckoner.tools.retrieval.tables.word_boxes import PageLayout, Word

_MIN_LINES = 4  # in both columns, side by side
_MIN_WORDS = 3.5  # of a line in a column, in the mean: fewer is a table
_LETTERS = 0.8  # of the words: fewer is a table

Line = list[Word]


def in_reading_order(layout: PageLayout) -> PageLayout:
    """The page with its left column before its right one, if its lines run across two columns of prose."""
    lines = list(_lines(layout))
    gutter = _gutter(layout, lines)
    if gutter is None:
        return layout
    return _rewritten(layout, list(_ordered(lines, gutter)))


def _lines(layout: PageLayout) -> Iterator[Line]:
    """The words of each line of the page's text."""
    line: Line = []
    for word in layout.words:
        if line and "\n" in layout.text[line[-1].end : word.start]:
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def _gutter(layout: PageLayout, lines: Sequence[Line]) -> float | None:
    """Where the columns part, near the middle of the page; None if it is not in two columns of prose."""
    parted = [pair for line in lines if (pair := _widest_gap(line, layout.middle)) is not None]
    if len(parted) < max(_MIN_LINES, 0.6 * len(lines)):
        return None
    start, end = max(left[-1].x1 for left, _ in parted), min(right[0].x0 for _, right in parted)
    sides = [[word for line in side for word in line] for side in zip(*parted, strict=True)]
    return (start + end) / 2 if start < end and all(_is_prose(side, len(parted)) for side in sides) else None


def _widest_gap(line: Line, middle: float) -> tuple[Line, Line] | None:
    """A line on either side of its widest gap; None if that is no wider than a letter, or off the middle."""
    if not line[0].x1 < middle < line[-1].x0:
        return None
    gap, at = max((after.x0 - before.x1, at) for at, (before, after) in enumerate(pairwise(line), 1))
    return (line[:at], line[at:]) if gap > max(8.0, line[0].size) else None


def _is_prose(words: Line, n_lines: int) -> bool:
    letters = sum(word.text[0].isalpha() for word in words)
    return len(words) > _MIN_WORDS * n_lines and letters > _LETTERS * len(words)


def _ordered(lines: Sequence[Line], gutter: float) -> Iterator[Line]:
    """The lines of the left column, then those of the right; a line across both ends the columns above it."""
    right: list[Line] = []
    for line in lines:
        if any(word.x0 < gutter < word.x1 for word in line):
            yield from right
            right = []
            yield line
            continue
        if left := [word for word in line if word.x1 <= gutter]:
            yield left
        if other := [word for word in line if word.x0 >= gutter]:
            right.append(other)
    yield from right


def _rewritten(layout: PageLayout, lines: Sequence[Line]) -> PageLayout:
    parts: list[str] = []
    words: list[Word] = []
    length = 0
    for line in lines:
        for index, word in enumerate(line):
            space = "" if not parts else " " if index else "\n"
            parts += [space, word.text]
            start = length + len(space)
            length = start + len(word.text)
            words.append(replace(word, start=start, end=length))
    return replace(layout, text="".join(parts), words=tuple(words))
