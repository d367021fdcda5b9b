"""Tables written in Markdown on a stored page: what the readers of HTML, Word, Excel and CSV write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sandreckoner.core.table import Cell, Column, Row, Table
from sandreckoner.tools.retrieval.readers.tables import ROWS_PER_PAGE
from sandreckoner.tools.retrieval.tables.column_headings import clean_heading
from sandreckoner.tools.retrieval.tables.figure_values import figure_value
from sandreckoner.tools.retrieval.tables.table_units import is_caption
from sandreckoner.tools.retrieval.tables.word_lines import YEAR

MAX_ROWS = 10_000  # of one table; what is longer is read as a whole file, see `whole_tables`
_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_MAX_HEADING_ROWS = 4
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_BARE = re.compile(r"[\s*_`]*(.*?)[\s*_`]*$", re.DOTALL)  # a cell without its spaces and emphasis
HIDDEN = "(hidden)"  # readers end the first cell of a row that the file hides with it


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one table on a page: their cells, and where they are."""

    rows: list[list[Cell]]
    start: int
    end: int
    above: tuple[str, ...]
    heading: str


def tables_of_text(text: str, document: str, page: int | None) -> list[Table]:
    """The Markdown tables of a page, in order; those of one row or one column are none."""
    found = []
    for block in _blocks(text):
        table = _table(block, document, page)
        if table is not None:
            found.append(table)
    return found


def long_table_header(text: str, tables: Sequence[Table]) -> str:
    """The text with which the next pages of a long table begin; empty if the page holds anything else."""
    if len(tables) != 1 or len(tables[0].rows) < ROWS_PER_PAGE or text[tables[0].end :].strip():
        return ""
    rule = re.search(r"^\|(?:---\|)+\n", text, re.MULTILINE)
    return text[: rule.end()] if rule else ""


def with_next_page(table: Table, text: str, page: int) -> Table:
    """A long table with the rows of its next page, as far as `MAX_ROWS`; all are counted."""
    count = max(table.n_rows, len(table.rows))
    if len(table.rows) >= MAX_ROWS:
        rule = text.index("|---|")
        return replace(table, n_rows=count + text.count("\n", rule))
    rows = tables_of_text(text, table.document, page)[0].rows
    paged = [
        replace(row, cells=tuple(cell and replace(cell, page=page) for cell in row.cells)) for row in rows
    ]
    kept = (*table.rows, *paged)[:MAX_ROWS]
    return replace(table, rows=kept, n_rows=count + len(rows) if len(kept) < count + len(rows) else 0)


def _blocks(text: str) -> Iterator[_Block]:
    """The runs of lines with bars, each with the text lines above it."""
    rows: list[list[Cell]] = []
    above: list[str] = []
    heading = ""
    begun = at = 0
    for line in text.split("\n"):
        bare = line.strip()
        is_row = bare.startswith("|") or (bool(rows) and "|" in bare)
        if not is_row and "|" in bare and _RULE.fullmatch(_line_after(text, at + len(line))):
            is_row = True  # a table without bars at its ends: its head stands above a rule
        if is_row:
            if not rows:
                begun = at
            if not _RULE.fullmatch(bare):
                rows.append(list(_cells(line, at)))
        elif rows:
            yield _Block(rows, begun, at - 1, tuple(above[-4:]), heading)
            rows, above = [], []
        if not is_row and bare:
            titled = _HEADING.match(bare)
            heading = titled[1] if titled else heading
            above = [] if titled else [*above, bare]
        at += len(line) + 1
    if rows:
        yield _Block(rows, begun, len(text), tuple(above[-4:]), heading)


def _line_after(text: str, end: int) -> str:
    line = text[end + 1 : text.find("\n", end + 1) if text.find("\n", end + 1) >= 0 else len(text)].strip()
    return line if "|" in line else "no rule"


def _cells(line: str, at: int) -> Iterator[Cell]:
    r"""The cells of a line with their offsets; `\|` is a bar inside a cell."""
    begin = len(line) - len(line.lstrip())
    begin += line[begin : begin + 1] == "|"
    end = len(line.rstrip())
    if line[:end].endswith("|") and not line[:end].endswith("\\|"):
        end -= 1
    for found in re.finditer(r"((?:\\.|[^|\\])*)(?:\||$)", line[begin : max(begin, end)]):
        bare = _BARE.match(found[1])
        text = bare[1] if bare else ""
        start = at + begin + found.start(1) + (bare.start(1) if bare else 0)
        yield Cell(text.replace("\\|", "|"), start, start + len(text))
        if found.end() >= end - begin and not found[0].endswith("|"):
            return


def _table(block: _Block, document: str, page: int | None) -> Table | None:
    width = max(len(row) for row in block.rows)
    rows = [[*row, *[Cell("")] * (width - len(row))] for row in block.rows]
    if width < 2 or len(rows) < 2:
        return None
    count = _heading_rows(rows)
    heads, body = rows[:count], rows[count:]
    headings = _headings(heads, width)
    kept = [index for index in range(1, width) if headings[index] or any(row[index].text for row in body)]
    section = ""
    found: list[Row] = []
    for row in body:
        label = clean_heading(row[0].text.removesuffix(HIDDEN)) if len(row[0].text) < 400 else row[0].text
        cells = tuple(row[index] if row[index].text else None for index in kept)
        if not any(cells):
            section = label.rstrip(": ") or section
            continue
        path = (section,) if section else ()
        found.append(Row(label, path, cells, hidden=row[0].text.endswith(HIDDEN)))
        if section and label.lower().startswith("total") and section.lower() in label.lower():
            section = ""
    if not found or not kept:
        return None
    stub = headings[0]
    captions = [text for text in (*block.above, stub) if is_caption(text)]
    return Table(
        document=document,
        page=page,
        title=_title(block),
        caption=" ".join(captions),
        columns=tuple(Column(headings[index]) for index in kept),
        rows=tuple(found),
        start=block.start,
        end=block.end,
    )


def _heading_rows(rows: Sequence[Sequence[Cell]]) -> int:
    """How many of the first rows are headings: those without a figure beside the first column.

    None if the first row is one of figures.
    """
    count = 0
    for row in rows[: min(_MAX_HEADING_ROWS, len(rows) - 1)]:
        texts = [cell.text for cell in row[1:] if cell.text]
        figures = [text for text in texts if figure_value(text) is not None and not YEAR.fullmatch(text)]
        plain = [text for text in figures if _is_figure(text)]
        if plain or (count and not texts):
            break
        if count and row[0].text and not _like_a_heading(row, rows[count - 1]):
            break
        count += 1
    return count


def _is_figure(text: str) -> bool:
    return (
        sum(character.isdecimal() for character in text) * 2 >= len(re.sub(r"[\s$€£,.()%+-]", "", text)) > 0
    )


def _like_a_heading(row: Sequence[Cell], above: Sequence[Cell]) -> bool:
    """Whether a row goes on with the headings above: the same again, or years and periods below them."""
    pairs = zip(row[1:], above[1:], strict=True)
    new = [cell.text for cell, over in pairs if cell.text and cell.text != over.text]
    return bool(new) and all(re.search(r"(?:19|20)\d\d|\bended\b|\bmonths\b|^\(.*\)$", text) for text in new)


def _headings(heads: Sequence[Sequence[Cell]], width: int) -> list[str]:
    """The heading of each column, that of the labels first, its levels joined from the top down."""
    levels = [[clean_heading(cell.text) for cell in row] for row in heads]
    if levels:
        levels = [*(_carried(level, levels[-1]) for level in levels[:-1]), levels[-1]]
    return [
        " ".join(dict.fromkeys(level[index] for level in levels if level[index])) for index in range(width)
    ]


def _carried(level: list[str], lowest: Sequence[str]) -> list[str]:
    """A level of headings, each also over the blank cells behind it where the level spans columns.

    It does where the lowest headings are alike without it, and where its only one is over the first column.
    """
    below = lowest[1:]
    if not all(below) or (len(set(below)) == len(below) and (not level[1] or any(level[2:]))):
        return level
    carried = level[:2]
    for text in level[2:]:
        carried.append(text or carried[-1])
    return carried


def _title(block: _Block) -> str:
    """The heading that a table stands below, and the short line right above it."""
    nearest = next((text for text in reversed(block.above) if not is_caption(text)), "")
    return " – ".join(part for part in (block.heading, nearest if len(nearest) < 120 else "") if part)
