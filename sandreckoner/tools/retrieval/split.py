"""Split a page into chunks, each a slice of the page.

A page may be cut between lines, and between the sentences of a long line. A chunk ends at the next heading,
or else at the strongest boundary in its second half. Nothing is copied: a chunk is a pair of offsets.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

SIZE = 1000
OVERLAP = 100
_SPACE = re.compile(r"\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[\"'(\[A-Z0-9])")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_RULE = re.compile(r"\|[\s:|-]+\|?\s*$")

# Strength of a boundary. The end of a table row counts as the end of a line.
_WORD, _LINE, _PARAGRAPH, _SECTION = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """A slice of a page that is indexed as a unit: `page_text[start:end]`.

    Attributes:
        start: offset of the first character.
        end: offset after the last character.
        heading: the headings above the chunk, outermost first, joined by ` › `. A chunk that starts inside a
            table adds the table's header row, so that its columns keep their names.
    """

    start: int
    end: int
    heading: str = ""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place where a page may be cut: before the character at `at`."""

    at: int
    strength: int
    in_table: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    """A run of lines that begin with `|`; `header` is the text of its first row."""

    start: int
    end: int
    header: str


@dataclass(slots=True)
class _Layout:
    """Where a page may be cut, and the headings and tables above each place."""

    cuts: list[_Cut]
    tables: list[_Table]
    headings: list[tuple[int, str]]

    def between(self, low: int, high: int) -> list[_Cut]:
        """The cuts after `low`, up to and including `high`."""
        first = bisect_right(self.cuts, low, key=lambda cut: cut.at)
        return self.cuts[first : bisect_right(self.cuts, high, key=lambda cut: cut.at)]

    def cut_after(self, at: int, length: int) -> int:
        """The first cut after `at`; the end of the page if there is none."""
        index = bisect_right(self.cuts, at, key=lambda cut: cut.at)
        return self.cuts[index].at if index < len(self.cuts) else length

    def table_at(self, at: int) -> _Table | None:
        """The table that a cut at `at` would divide."""
        index = bisect_right(self.tables, at, key=lambda table: table.start) - 1
        if index >= 0 and self.tables[index].start < at < self.tables[index].end:
            return self.tables[index]
        return None

    def heading_at(self, at: int) -> str:
        """The headings above `at`, and the header row of a table that `at` divides."""
        index = bisect_right(self.headings, at, key=lambda heading: heading[0]) - 1
        above = self.headings[index][1] if index >= 0 else ""
        table = self.table_at(at)
        return " › ".join(part for part in (above, table.header if table else "") if part)


def split(text: str, *, size: int = SIZE, overlap: int = OVERLAP) -> Iterator[Chunk]:
    """Split a page into chunks.

    Args:
        text: the page.
        size: maximum characters of a chunk; a table of up to twice as many stays whole.
        overlap: maximum characters shared with the chunk before; tables never overlap.

    Yields:
        Chunks in order. Together they cover every character that is not white space.
    """
    layout = _read(text, size)
    start = done = 0
    while (start := _SPACE.match(text, start).end()) < len(text):  # type: ignore[union-attr]  # always matches
        cut = _best_cut(layout, start, size, len(text))
        if cut <= done:  # what follows the overlap is too long to share a chunk with it
            start = done
            continue
        end = start + len(text[start:cut].rstrip())
        yield Chunk(start, end, layout.heading_at(start))
        start = _next_start(layout, start, cut, overlap) if cut < len(text) else cut
        done = cut


def _best_cut(layout: _Layout, start: int, size: int, length: int) -> int:
    limit = start + size
    table = layout.table_at(limit)
    if table and table.end <= start + 2 * size:
        limit = layout.cut_after(table.end, length)
    headings = (cut.at for cut in layout.between(start + size // 4, limit) if cut.strength == _SECTION)
    section = next(headings, length)
    if section < length or limit >= length:
        return section
    inside = layout.between(start + size // 2, limit)
    if not inside:  # one row of a table that is longer than a chunk: it stays whole
        return layout.cut_after(limit, length)
    return max(inside, key=lambda cut: (cut.strength, cut.at)).at


def _next_start(layout: _Layout, start: int, cut: int, overlap: int) -> int:
    """Where the next chunk starts: at the cut, or up to `overlap` before it where the cut divides prose."""
    index = bisect_right(layout.cuts, cut, key=lambda place: place.at) - 1
    if layout.cuts[index].in_table or layout.cuts[index].strength >= _SECTION:
        return cut
    best = cut
    while index > 0:
        index -= 1
        place = layout.cuts[index]
        if place.in_table or place.at <= start or cut - place.at > overlap:
            break
        best = place.at
    return best


def _read(text: str, size: int) -> _Layout:
    layout = _Layout([], [], [])
    path: list[tuple[int, str]] = []
    rows: list[tuple[int, int]] = []
    after_blank = after_heading = False
    for start, end in _lines(text):
        line = text[start:end].strip()
        if rows and not line.startswith("|"):
            layout.tables.append(_table(text, rows))
            rows = []
        if not line:
            after_blank = True
            continue
        heading = _HEADING.match(line)
        if line.startswith("|"):
            rows.append((start, end))
        if heading:
            strength = _SECTION
            level = len(heading[1])
            path = [*(item for item in path if item[0] < level), (level, heading[2])]
            layout.headings.append((start, " › ".join(name for _, name in path)))
        else:
            strength = _PARAGRAPH if after_blank else _LINE
        # A heading stays with what follows it, the header of a table with its first row.
        if start and not after_heading and not _below_header(text, rows):
            layout.cuts.append(_Cut(start, strength, in_table=len(rows) > 1))
        if not rows and not heading:
            layout.cuts.extend(_within(text, start, end, size))
        after_blank, after_heading = False, heading is not None
    if rows:
        layout.tables.append(_table(text, rows))
    return layout


def _below_header(text: str, rows: list[tuple[int, int]]) -> bool:
    """Whether the last of `rows` is the rule under a table header, or the first row below it."""
    return any(
        len(rows) == place + 2 and _RULE.match(text[slice(*rows[1])].strip()) is not None for place in (0, 1)
    )


def _table(text: str, rows: list[tuple[int, int]]) -> _Table:
    return _Table(rows[0][0], rows[-1][1], text[slice(*rows[0])].strip())


def _within(text: str, start: int, end: int, size: int) -> Iterator[_Cut]:
    """Cuts inside a long line: at the ends of its sentences, or of its words where a sentence is long."""
    if end - start <= size // 4:
        return
    places = [start, *(match.end() + start for match in _SENTENCE_END.finditer(text[start:end])), end]
    for before, after in pairwise(places):
        if before > start:
            yield _Cut(before, _LINE)
        if after - before > size // 2:
            yield from _words(text, before, after, size)


def _words(text: str, start: int, end: int, size: int) -> Iterator[_Cut]:
    at = start
    for match in re.finditer(r"\s+", text[start:end]):
        place = start + match.end()
        if place < end:
            yield from (_Cut(between, _WORD) for between in range(at + size, place, size))
            yield _Cut(place, _WORD)
            at = place
    yield from (_Cut(between, _WORD) for between in range(at + size, end, size))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1
