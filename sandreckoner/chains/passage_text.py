"""Passages and tables as a model sees them: numbered, and of long tables the rows that matter to it.

A checked table has one line a row under the names that lookups take.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from sandreckoner.core.problem import Passage
from sandreckoner.core.table import SCALE_NAMES, Row, Table
from sandreckoner.reading.table_figures import column_names, named_tables, one_line, row_names

# A line of a passage that looks like the heading of another could pass its text off as another document's.
_FORGED_HEAD = re.compile(r"^(?=\[\d+\] )", re.MULTILINE)
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")
_RULE = re.compile(r"[ \t]*\|[-:| \t]*-[-:| \t]*\|[ \t]*")
_TOTAL = re.compile(r"\*\*|\b(?:sub)?totals?\b|^(?:net|gross)\b", re.IGNORECASE)
PASSAGE_ROWS = 8  # of a table; a longer one is folded
LEAST_FOLDED = 3  # rows in a row: the mark that stands for them is as long as one


def passages_text(passages: Sequence[Passage], question: str, *, beside_tables: bool = False) -> str:
    """Write the passages numbered from 1, each under a line with its source and page.

    Rows of long tables that have nothing to do with the question are folded into a line that counts them. A
    row stays that shares a word with the question, and those beside it; so do totals, the sections above a
    row that stays, and all rows of a section that the question names. Where no table has a row like the
    question, all rows stay.

    Args:
        passages: in the order of their numbers.
        question: that they are to answer.
        beside_tables: whether whole tables that fit the question stand beside them; then a table of a passage
            that has no row like the question is folded however short it is.
    """
    asked = label_words(question)
    texts = [passage.text.strip() for passage in passages]
    if beside_tables or any(_like(_rows_of(lines), asked) for text in texts for lines in _tables(text)):
        texts = [_with_tables_folded(text, asked, beside_tables=beside_tables) for text in texts]
    return "\n\n".join(
        f"[{number}] {passage.source}, page {passage.page}\n{_FORGED_HEAD.sub('  ', text)}"
        for number, (passage, text) in enumerate(zip(passages, texts, strict=True), 1)
    )


def _tables(text: str) -> Iterator[list[str]]:
    """The lines of each table in a text, headings included."""
    for is_table, lines in groupby(text.split("\n"), lambda line: bool(_ROW.fullmatch(line))):
        if is_table:
            yield list(lines)


def _with_tables_folded(text: str, asked: set[str], *, beside_tables: bool) -> str:
    folded: list[str] = []
    for is_table, lines in groupby(text.split("\n"), lambda line: bool(_ROW.fullmatch(line))):
        table = list(lines)
        is_idle = is_table and beside_tables and not _like(_rows_of(table), asked)
        if is_idle or (is_table and len(table) > PASSAGE_ROWS):
            table = _shortened(table, asked, is_idle=is_idle)
        folded += table
    return "\n".join(folded)


@dataclass(slots=True)
class _Row:
    """A row of a table as text; `section` is the place of the heading that it stands under, -1 for none."""

    words: set[str]
    is_heading: bool
    is_total: bool
    section: int


def _shortened(table: Sequence[str], asked: set[str], *, is_idle: bool) -> list[str]:
    first = next((place + 1 for place, line in enumerate(table[:4]) if _RULE.fullmatch(line)), 1)
    kept = [] if is_idle else sorted(first + place for place in _kept(_rows_of(table[first:]), asked))
    lines = list(table[:first])
    for before, place in pairwise([first - 1, *kept, len(table)]):
        between = table[before + 1 : place]
        lines += between if len(between) < LEAST_FOLDED else [f"… {len(between)} rows"]
        lines += table[place : place + 1]
    return lines


def _rows_of(lines: Sequence[str]) -> list[_Row]:
    rows: list[_Row] = []
    section = -1
    for place, line in enumerate(lines):
        label, *cells = (cell.strip() for cell in line.strip().strip("|").split("|"))
        is_heading = bool(label) and not any(cells)
        section = place if is_heading else section
        is_total = not is_heading and bool(_TOTAL.search(label))
        rows.append(_Row(label_words(label), is_heading, is_total, section))
    return rows


def _like(rows: Sequence[_Row], asked: set[str]) -> set[int]:
    """The places of the rows that share a word with the question."""
    return {place for place, row in enumerate(rows) if row.words & asked}


def _kept(rows: Sequence[_Row], asked: set[str]) -> set[int]:
    """The places of the rows that stay."""
    like = _like(rows, asked)
    kept = like | {place for place, row in enumerate(rows) if row.is_total or row.section in like}
    kept |= {beside for place in like for beside in (place - 1, place + 1) if 0 <= beside < len(rows)}
    return kept | {rows[place].section for place in kept if rows[place].section >= 0}


MAX_ROWS, LEAST_ROWS = 16, 2  # of one table; the rest is folded
ROOM, ROOM_OF_OTHERS = 700, 200  # characters of the rows of the first table, and of each other
MAX_COLUMNS = 8
_CELL, _LABEL, _TITLE = 24, 90, 60  # characters
_END = 0.3  # of a long text that is cut in the middle: what tells labels apart is often their end
_DATA_ROWS, _FIRST_ROWS, _ASKED_ROWS = (
    60,
    3,
    8,
)  # a table of so many rows is data: its first, and those asked for
_WORD = re.compile(r"[^\W\d_]{3,}|\d{4,}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MANY_YEARS = re.compile(r"\b(?:averages?|years|histor\w+|trend\w*|since|cagr)\b", re.IGNORECASE)
_MONTHS = frozenset(
    re.findall(
        r"\w+",
        """january february march april may june july august september october november december
        jan feb mar apr jun jul aug sep sept oct nov dec""",
    )
)
# Words that name no row.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        """the and for was were what how much many did does its their between into from per than year ended
        total average percentage change increase decrease ratio sum company""",
    )
)


def tables_text(tables: Sequence[Table], question: str) -> str:
    """Write tables under the names `t1`, `t2`, …; rows that share no word with the question may be folded.

    Of a table that shares no word with it, where another does, one row stands for all; a primary statement,
    which a question implies without naming it, keeps its rows.
    """
    first = ROOM if len(tables) > 1 else 2 * ROOM
    asked = label_words(question)
    like = [bool(table.statement or asked & _row_words(table)) for table in tables]
    texts = [
        table_text(
            name,
            table,
            question,
            room=(ROOM_OF_OTHERS if place else first) if like[place] or not any(like) else 0,
            said=tables[place - 1].document if place else "",
        )
        for place, (name, table) in enumerate(named_tables(tables).items())
    ]
    return "\n\n".join(texts)


def _row_words(table: Table) -> set[str]:
    return set().union(*(label_words(" ".join((row.label, *row.path))) for row in table.rows))


def table_text(name: str, table: Table, question: str, *, room: int = ROOM, said: str = "") -> str:
    """Write a table under its name, its rows in about `room` characters, one without room; not the document
    `said` before.
    """
    shown = _columns(table, question)
    names = row_names(table)
    shared, heads = _parted([column_names(table)[place] for place in shown])
    lines = [_heading(name, table, shared, said, heads), _line("", heads)]
    folded = 0
    section: tuple[str, ...] = ()
    written = [_line(name, _texts(row, shown)) for name, row in zip(names, table.rows, strict=True)]
    length = sum(map(len, written)) / len(written) if written else 1
    most = min(MAX_ROWS, max(LEAST_ROWS, int(room / length))) if room else 1
    kept = _rows(table, names, question, most)
    for place, row in enumerate(table.rows):
        if place not in kept:
            folded += 1
            continue
        if folded:
            lines.append(_folded(folded))
            folded = 0
        if row.path != section:
            section = row.path
            named = bool(section) and names[place].startswith(_flat(section[0], _LABEL))
            lines += [] if named else [f"{_flat(part, _LABEL)}:" for part in section[-1:]]
        lines.append(written[place])
    if folded:
        lines.append(_folded(folded))
    return "\n".join(lines)


def _folded(rows: int) -> str:
    return f"… {rows} rows" if rows > 1 else "… 1 row"


def _parted(heads: Sequence[str]) -> tuple[str, list[str]]:
    """The words with which all headings begin, and the rest of each; a lookup takes the rest alone."""
    words = [head.split() for head in heads]
    count = 0
    while len(words) > 1 and all(len(each) > count + 1 for each in words):
        if len({each[count] for each in words}) > 1:
            break
        count += 1
    while count and words[0][count - 1].lower().strip(".,") in _MONTHS:  # a day belongs to its month
        count -= 1
    return " ".join(words[0][:count]) if words else "", [" ".join(each[count:]) for each in words]


def _heading(name: str, table: Table, shared: str, said: str, heads: Sequence[str]) -> str:
    page = f"page {table.page}" if table.page is not None else ""
    document = "" if table.document == said and page else _flat(table.document, _LABEL)
    place = ", ".join(part for part in (document, page) if part)
    scale = f"{SCALE_NAMES[table.scale]}s" if table.scale in SCALE_NAMES else ""
    unit = " in ".join(part for part in (table.unit, scale) if part)
    rows = max(len(table.rows), table.n_rows)
    data = (
        f'{rows:,} rows; {name}["{_flat(heads[-1], _LABEL)}"] is a whole column' if rows > _DATA_ROWS else ""
    )
    parts = (_flat(table.title, _TITLE), unit, _flat(shared, _LABEL), data)
    about = ", ".join(part for part in parts if part)
    return f"{name} ({place}): {about}".rstrip(",: ") + ":"


def _texts(row: Row, shown: Sequence[int]) -> list[str]:
    cells = [row.cells[column] if column < len(row.cells) else None for column in shown]
    return [cell.text if cell else "" for cell in cells]


def _line(label: str, cells: Sequence[str]) -> str:
    return " | ".join([_flat(label, _LABEL), *(_flat(cell, _CELL if label else _LABEL) for cell in cells)])


def _flat(text: str, most: int) -> str:
    """A text in one line, without the sign that parts cells: what a document says cannot make a row."""
    flat = one_line(text.replace("|", "/"))
    end = int(most * _END)
    return flat if len(flat) <= most else f"{flat[: most - 1 - end].rstrip()}…{flat[-end:].lstrip()}"


def label_words(text: str) -> set[str]:
    """Return the words of a label or a question that may name a row: not `total`, `change`, `what`."""
    found = {word for word in _WORD.findall(text.lower()) if word not in _EMPTY}
    return {word[:-1] if word.endswith("s") and not word.endswith("ss") else word for word in found}


def _rows(table: Table, names: Sequence[str], question: str, most: int) -> set[int]:
    """The rows to show: all of a short table; of a long one those most like the question, then totals."""
    if len(names) <= most:
        return set(range(len(names)))
    asked = label_words(question)
    likeness = {
        place: len(asked & label_words(name)) + 0.4 * len(asked & label_words(" ".join(row.path)))
        for place, (name, row) in enumerate(zip(names, table.rows, strict=True))
    }
    if len(names) > _DATA_ROWS:
        asked_for = heapq.nlargest(_ASKED_ROWS, likeness, key=lambda place: (likeness[place], -place))
        return {*range(_FIRST_ROWS), *(place for place in asked_for if likeness[place] >= 1)}
    by_likeness = sorted(likeness, key=lambda place: (-likeness[place], not table.rows[place].total, place))
    return set(by_likeness[:most])


def _columns(table: Table, question: str) -> list[int]:
    """The columns to show: those of the years asked about; of many the ones like the question."""
    places = _of_years([column.heading for column in table.columns], question)
    if len(places) <= MAX_COLUMNS:
        return places
    asked = label_words(question)
    best = sorted(places, key=lambda place: (-len(asked & label_words(table.columns[place].heading)), place))
    return sorted(best[:MAX_COLUMNS])


def _of_years(headings: Sequence[str], question: str) -> list[int]:
    """The columns of the years that a question names and those beside them; all where it may need more."""
    every = list(range(len(headings)))
    asked = [int(year) for year in _YEAR.findall(question)]
    if not asked or _MANY_YEARS.search(question):
        return every
    near = range(min(asked) - 1, max(asked) + 2)
    years = [[int(year) for year in _YEAR.findall(heading)] for heading in headings]
    kept = [place for place in every if not years[place] or any(year in near for year in years[place])]
    return kept if len(kept) > 1 else every
