"""Passages as a model sees them: numbered, and of long tables the rows that matter to the question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from sandreckoner.chains.table_text import label_words
from sandreckoner.core.problem import Passage

# A line of a passage that looks like the heading of another could pass its text off as another document's.
_FORGED_HEAD = re.compile(r"^(?=\[\d+\] )", re.MULTILINE)
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")
_RULE = re.compile(r"[ \t]*\|[-:| \t]*-[-:| \t]*\|[ \t]*")
_TOTAL = re.compile(r"\*\*|\b(?:sub)?totals?\b|^(?:net|gross)\b", re.IGNORECASE)
MAX_ROWS = 8  # of a table; a longer one is folded
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
    if beside_tables or any(_like(_rows(lines), asked) for text in texts for lines in _tables(text)):
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
        is_idle = is_table and beside_tables and not _like(_rows(table), asked)
        if is_idle or (is_table and len(table) > MAX_ROWS):
            table = _folded(table, asked, is_idle=is_idle)
        folded += table
    return "\n".join(folded)


@dataclass(slots=True)
class _Row:
    """A row of a table as text; `section` is the place of the heading that it stands under, -1 for none."""

    words: set[str]
    is_heading: bool
    is_total: bool
    section: int


def _folded(table: Sequence[str], asked: set[str], *, is_idle: bool) -> list[str]:
    first = next((place + 1 for place, line in enumerate(table[:4]) if _RULE.fullmatch(line)), 1)
    kept = [] if is_idle else sorted(first + place for place in _kept(_rows(table[first:]), asked))
    lines = list(table[:first])
    for before, place in pairwise([first - 1, *kept, len(table)]):
        between = table[before + 1 : place]
        lines += between if len(between) < LEAST_FOLDED else [f"… {len(between)} rows"]
        lines += table[place : place + 1]
    return lines


def _rows(lines: Sequence[str]) -> list[_Row]:
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
