"""Tables that go on: on the next page, or below a line that parted them on one page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sandreckoner.core.table import Cell, Row, Table

_CONTINUED = re.compile(r"\bcont(?:inued|['’]?d)\b", re.IGNORECASE)
_NEAR = 14.0  # points between the right edges of figures in one column


def joined(tables: Sequence[Table]) -> list[Table]:
    """The tables of a document with the parts of each put together, in order.

    A part goes on with the table before it where it has as many columns in the same places, and either no
    headings of its own, or the same headings on the next page under a title that says it is continued.
    """
    found: list[Table] = []
    for table in tables:
        if found and _goes_on(found[-1], table):
            found[-1] = _joined(found[-1], table)
        else:
            found.append(table)
    return found


def _goes_on(before: Table, table: Table) -> bool:
    if len(before.columns) != len(table.columns) or before.page is None or table.page is None:
        return False
    last = max(cell.page or before.page for row in before.rows for cell in row.cells if cell)
    if table.page - last not in (0, 1) or not _in_line(before, table):
        return False
    if not any(column.heading for column in table.columns):
        return True
    same = [column.heading for column in before.columns] == [column.heading for column in table.columns]
    return same and table.page > last and _CONTINUED.search(table.title) is not None


def _in_line(before: Table, table: Table) -> bool:
    """Whether the figures of each column end at the same place."""
    for index in range(len(table.columns)):
        one, other = _right(before, index), _right(table, index)
        if one is None or other is None or abs(one - other) > _NEAR:
            return False
    return True


def _right(table: Table, index: int) -> float | None:
    edges = sorted(cell.box[2] for row in table.rows if (cell := row.cells[index]) and cell.box)
    return edges[len(edges) // 2] if edges else None


def _joined(before: Table, table: Table) -> Table:
    """The table with the rows of its next part; their sections go on where the part begins with none."""
    open_path = before.rows[-1].path if before.rows else ()
    rows = []
    for row in table.rows:
        if not row.path and open_path and table.page != before.page:
            row = replace(row, path=open_path)
        elif row.path:
            open_path = ()
        rows.append(_on_page(row, table.page) if table.page != before.page else row)
    end = table.end if table.page == before.page else before.end
    return replace(before, rows=(*before.rows, *rows), end=end)


def _on_page(row: Row, page: int | None) -> Row:
    cells: list[Cell | None] = [
        replace(cell, page=cell.page or page) if cell is not None else None for cell in row.cells
    ]
    return replace(row, cells=tuple(cells))
