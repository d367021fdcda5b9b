"""The units of a table, of its rows and of its columns, from captions, labels and the marks in the cells."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from sandreckoner.core.table import Cell, Column, Row, Table
from sandreckoner.tools.retrieval.tables.table_units import money_marks, unit_of_caption, unit_of_label

_SHARE_HEADING = re.compile(r"(?:%|\bpercent(?:age)?)\s+(?:change|of|growth|increase)\b", re.IGNORECASE)
_MAX_ROWS = 1_000  # the rows of a longer table are records, and have no units of their own


def with_units(table: Table) -> Table:
    """The table with the units that it states."""
    stated = unit_of_caption(f"{table.caption} {table.title if not table.caption else ''}")
    marks = Counter(
        mark for row in table.rows for cell in row.cells if cell and (mark := money_marks(cell.text))
    )
    marked = marks.most_common(1)[0][0] if marks else ""
    unit = stated.unit or marked
    scale = stated.scale or 1
    if stated.scale and not unit and not _counts(table):
        unit = "USD"
    whole = replace(table, unit=unit, scale=scale)
    columns = tuple(_column(column, index, whole) for index, column in enumerate(table.columns))
    whole = replace(whole, columns=columns)
    if len(table.rows) > _MAX_ROWS:
        return _percent_table(whole)
    return _percent_table(replace(whole, rows=tuple(_row(row, whole) for row in table.rows)))


def _counts(table: Table) -> bool:
    """Whether a caption gives the scale of something that is not money."""
    return "shares" in table.caption.lower() and "share " not in table.caption.lower()


def _row(row: Row, table: Table) -> Row:
    cells = [
        cell
        for cell, column in zip(row.cells, table.columns, strict=True)
        if cell is not None and _has_digit(cell) and column.unit != "%"
    ]
    percent = sum("%" in cell.text for cell in cells)
    money = any(money_marks(cell.text) for cell in cells)
    stated = unit_of_label(
        row.label, " ".join(row.path), caption=table.caption, scale=table.scale, money=table.unit
    )
    if stated.unit == "%" and (money or (cells and not percent and not _says_percent(row.label))):
        return row
    if stated.unit == "shares" and money:
        return row
    if stated.unit or stated.scale:
        return replace(row, unit=stated.unit or table.unit, scale=stated.scale or 1)
    if percent and 2 * percent >= len(cells) and not money:
        return replace(row, unit="%", scale=1)
    return row


def _says_percent(label: str) -> bool:
    return label.lstrip().startswith("%") or "(%)" in label or "percentage" in label.lower()


def _has_digit(cell: Cell) -> bool:
    return any(character.isdecimal() for character in cell.text)


def _column(column: Column, index: int, table: Table) -> Column:
    cells = [cell for row in table.rows if (cell := row.cells[index]) is not None and _has_digit(cell)]
    percent = sum("%" in cell.text for cell in cells)
    money = any(money_marks(cell.text) for cell in cells)
    stated = unit_of_label(column.heading, caption=table.caption, scale=table.scale, money=table.unit)
    if _SHARE_HEADING.search(column.heading) and not money:
        return replace(column, unit="%", scale=1)
    if percent and not money and (stated.unit == "%" or 2 * percent >= len(cells) or "%" in cells[0].text):
        return replace(column, unit="%", scale=1)
    if (
        stated.unit == "%"
        and not percent
        and not column.heading.strip().startswith("%")
        and "(%)" not in column.heading
    ):
        return column
    if stated.unit and not (stated.unit in ("%", "shares") and money):
        return replace(column, unit=stated.unit, scale=stated.scale or 1)
    if stated.scale:
        return replace(column, unit=stated.unit or table.unit, scale=stated.scale)
    return column


def _percent_table(table: Table) -> Table:
    """A table in which every figure is a percentage has that unit as a whole."""
    cells = [cell for row in table.rows for cell in row.cells if cell is not None and _has_digit(cell)]
    if cells and sum("%" in cell.text for cell in cells) > 0.8 * len(cells) and table.scale == 1:
        return replace(table, unit="%")
    return table
