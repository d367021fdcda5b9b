"""Tables of a PDF page, with or without rules, by the positions of its words.

The columns of a region follow from where its figures stand, its headings from the lines above, its sections
from the indentation of the labels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandreckoner.core.table import Cell, Column, Row, Table
from sandreckoner.tools.retrieval.tables.column_headings import Phrase, clean_heading, headings_of, phrases_of
from sandreckoner.tools.retrieval.tables.figure_columns import FigureColumn
from sandreckoner.tools.retrieval.tables.row_labels import LabelledLine, join_wrapped, set_paths
from sandreckoner.tools.retrieval.tables.table_regions import STUB_PERIOD, Region, regions_of
from sandreckoner.tools.retrieval.tables.table_units import is_caption
from sandreckoner.tools.retrieval.tables.word_boxes import PageLayout
from sandreckoner.tools.retrieval.tables.word_lines import MONTH, YEAR, Line, Token, lines_of

MAX_WORDS = 8_000  # a page of print has 1,500 at most; what is drawn with more would take minutes
_BRACKETS = re.compile(r"\([^)]*\)")
_MAX_HEADING_LINES = 12


def tables_of_page(layout: PageLayout, document: str, page: int) -> list[Table]:
    """The tables of a page, from the top down; none on a page of more than `MAX_WORDS` words."""
    if len(layout.words) > MAX_WORDS:
        return []
    lines = lines_of(layout.words)
    found = []
    for region in regions_of(lines):
        table = _table(region, layout, document, page)
        if table is not None:
            found.append(table)
    return found


def _table(region: Region, layout: PageLayout, document: str, page: int) -> Table | None:
    columns = region.columns
    left = _labels_end(region)
    heads, titles = _split_above(region, left, layout)
    headings = headings_of(
        [(line, _heading_phrases(line, region, left)) for line in heads], columns, layout.rules, left
    )
    stub = _stub(heads, region, left)
    captions = _captions(titles, heads)
    if STUB_PERIOD.search(stub):
        headings = [_dated(stub, heading) for heading in headings]
    labelled = [_labelled(line, columns, left) for line in region.body]
    leading = [_labelled(line, columns, left) for line in _sections_above(region, heads, left)]
    lines = join_wrapped([*leading, *labelled])
    set_paths(lines)
    rows = tuple(
        Row(
            line.label,
            line.path,
            tuple(_cell(line.cells.get(index), layout) for index in range(len(columns))),
        )
        for line in lines
        if line.cells
    )
    if not rows:
        return None
    words = [word for line in (*heads, *region.body) for word in line.words]
    return Table(
        document=document,
        page=page,
        title=_title(titles) or stub or _BRACKETS.sub("", captions[0] if captions else "").strip(" :,"),
        caption=" ".join(dict.fromkeys(captions)),
        columns=tuple(Column(heading) for heading in headings),
        rows=rows,
        start=min(word.start for word in words),
        end=max(word.end for word in words),
    )


def _labels_end(region: Region) -> float:
    """Where the labels end: the right edge of the longest, left of the first figure or its `$`."""
    first = region.columns[0]
    edge = min(first.x0, first.core_x0)
    rights = [
        word.x1
        for line in region.body
        if line.figures
        for word in line.words
        if word.x1 < edge and not any(word in token.words for token in line.figures)
    ]
    return max(rights, default=edge - 1)


def _split_above(region: Region, left: float, layout: PageLayout) -> tuple[list[Line], list[Line]]:
    """The lines of the headings, and the lines of the title above them.

    From the figures up: headings of sections, then headings of columns, each close to the one below. A line
    that only states units is passed over below the headings and ends them above.
    """
    heads: list[Line] = []
    above = list(region.above)
    headed = False
    while above and len(heads) < _MAX_HEADING_LINES:
        line = above[-1]
        below = heads[-1] if heads else region.body[0]
        over = _over_columns(line, region, left)
        parted = any(below.y1 - 2 < rule.y < line.y0 + 3 for rule in layout.rules)
        if line.y0 - below.y1 > (1.6 if headed and not parted else 3.2) * region.body[0].size:
            break
        if headed and (not over or line.size > 1.25 * region.body[0].size):
            break
        if headed and not parted and _is_title(line, region, left, layout.middle):
            break
        if not over and not is_caption(line.text) and not _is_left_section(line, region, left):
            break
        headed = headed or over
        heads.append(above.pop())
    while headed and heads and not _over_columns(heads[-1], region, left):
        above.append(heads.pop())
    if not headed:  # the rows go on from the page before, perhaps below the heading of a section
        titles = [line for line in heads if is_caption(line.text)]
        return [line for line in heads[:3] if line not in titles][::-1], [*above, *heads[::-1]]
    return heads[::-1], above


def _is_title(line: Line, region: Region, left: float, middle: float) -> bool:
    """Whether a line stands in the middle of the whole table or the page, not of the columns."""
    phrases = phrases_of(line, float("-inf"))
    if len(phrases) != 1:
        return False
    right = region.columns[-1].x1
    whole = (min(row.x0 for row in region.body) + right) / 2
    columns = (max(left, region.columns[0].x0) + right) / 2
    off = min(abs(phrases[0].middle - whole), abs(phrases[0].middle - middle))
    return off < 1.5 * line.size and off < 0.6 * abs(phrases[0].middle - columns)


def _over_columns(line: Line, region: Region, left: float) -> bool:
    """Whether a line has phrases over the columns, which are not the end of something on the left."""
    return bool(_heading_phrases(line, region, left))


def _heading_phrases(line: Line, region: Region, left: float) -> list[Phrase]:
    """The phrases of a line that stand over the columns and state no units."""
    last = region.columns[-1].x1 + 4 * line.size
    edge = min(row.x0 for row in region.body) + 3 * line.size
    return [
        phrase
        for phrase in phrases_of(line, float("-inf"))
        if phrase.x1 > left
        and (phrase.x0 > edge or phrase.x0 > left)
        and phrase.x0 < last
        and not is_caption(phrase.text)
    ]


def _is_left_section(line: Line, region: Region, left: float) -> bool:
    return line.x1 <= max(left, region.columns[0].core_x0)


def _sections_above(region: Region, heads: Sequence[Line], left: float) -> list[Line]:
    """The headings of sections between the headings of the columns and the first figures."""
    return [line for line in heads if not _over_columns(line, region, left) and not is_caption(line.text)]


def _stub(heads: Sequence[Line], region: Region, left: float) -> str:
    """What the headings say over the labels, on lines that also have headings of columns."""
    texts = []
    for line in heads:
        over = _heading_phrases(line, region, left)
        beside = [phrase for phrase in phrases_of(line, float("-inf")) if over and phrase.x1 <= over[0].x0]
        texts += [phrase.text for phrase in beside if not is_caption(phrase.text)]
    return clean_heading(" ".join(texts))


def _captions(titles: Sequence[Line], heads: Sequence[Line]) -> list[str]:
    """The phrases around a table that state units."""
    above = [line.text for line in titles if is_caption(line.text)]
    phrases = [phrase.text for line in heads for phrase in phrases_of(line, float("-inf"))]
    return [*above, *(text for text in phrases if is_caption(text))]


def _dated(stub: str, heading: str) -> str:
    """`Years ended December 31,` before `2022`."""
    dated = YEAR.fullmatch(heading) or MONTH.match(heading)
    return f"{stub} {heading}" if dated else heading


def _title(lines: Sequence[Line]) -> str:
    """The lines above a table that name it, from the top down, without what states units.

    The last sentence before the table, whole, where it ends in a colon; else up to three short lines.
    """
    kept: list[str] = []
    for line in reversed(lines):
        text = clean_heading(line.text)
        if is_caption(text) and len(text) < 90 and not text.endswith(":"):
            continue
        goes_on = bool(kept) and kept[-1][:1].islower()
        if kept and not goes_on and (len(text) > 120 or text.endswith((".", ":")) or kept[0].endswith(":")):
            break
        kept.append(text)
        if len(kept) >= (6 if goes_on else 3):
            break
    return " ".join(reversed(kept))[-300:]


def _labelled(line: Line, columns: list[FigureColumn], left: float) -> LabelledLine:
    """A line with its figures by column, and the words of its label."""
    cells: dict[int, Token] = {}
    for token in line.tokens:
        if token.kind == "text":
            continue
        for index, column in enumerate(columns):
            if any(token is each for each in column.tokens):
                cells[index] = token
    for token in line.tokens:
        if token.kind == "text" or any(token is each for each in cells.values()) or token.core.x1 < left:
            continue
        distances = [
            (column.distance(token), index) for index, column in enumerate(columns) if index not in cells
        ]
        if distances and min(distances)[0] < 0.35 * line.size:
            cells[min(distances)[1]] = token
    used = {id(word) for token in cells.values() for word in token.words}
    edge = min((token.x0 for token in cells.values()), default=columns[0].core_x0 + 1e6)
    words = [
        word
        for word in line.words
        if id(word) not in used and word.x0 < min(edge, max(left, columns[0].core_x0)) + 1
    ]
    indent = words[0].x0 if words else 0.0
    heights = sorted((word.y0 + word.y1) / 2 for word in words or line.words)
    return LabelledLine(words, heights[len(heights) // 2], line.size, cells, indent)


def _cell(token: Token | None, layout: PageLayout) -> Cell | None:
    """A figure with its place in the text; without its marks where the text has them elsewhere."""
    if token is None:
        return None
    start, end = min(word.start for word in token.words), max(word.end for word in token.words)
    if "".join(layout.text[start:end].split()) != "".join(word.text for word in token.words):
        start, end = token.core.start, token.core.end
    return Cell(token.text, start, end, layout.box(token.words))
