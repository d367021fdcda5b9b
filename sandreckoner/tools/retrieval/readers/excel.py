"""Excel (.xlsx) by openpyxl: a page for each sheet, or for each 500 rows of a long one.

Values are written as the sheet shows them. A merged heading stands over each of its columns; rows and sheets
that the file hides are read and marked.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from sandreckoner.tools.retrieval.readers.tables import ROWS_PER_PAGE, markdown, pages_of, parted_title
from sandreckoner.tools.retrieval.readers.zip_archive import check_package

HIDDEN = " (hidden)"
_MAX_MERGED = 1_000  # cells of one merged range that are filled
_LARGE_BYTES = 8 * 1024 * 1024  # a larger workbook is read row by row, without merged ranges and hidden marks


def pages(data: bytes) -> Iterator[str]:
    """Each sheet below a heading with its name. A formula without a stored value is shown as the formula.

    Raises:
        ValueError: the file is encrypted, damaged or too large.
    """
    check_package(data, "Excel workbook")
    import openpyxl  # type: ignore[import-untyped]

    stream = len(data) > _LARGE_BYTES
    values = openpyxl.load_workbook(io.BytesIO(data), data_only=True, read_only=stream)
    formulas = openpyxl.load_workbook(io.BytesIO(data), data_only=False, read_only=stream)
    try:
        for sheet in values.worksheets:
            other = formulas[sheet.title]
            if stream:  # the size that a file states may be wrong: A1 where there are a thousand rows
                sheet.reset_dimensions()
                other.reset_dimensions()
            rows = list(_rows(sheet, other, stream=stream))
            yield from _sheet(sheet.title, rows, hidden=sheet.sheet_state != "visible")
    finally:
        values.close()
        formulas.close()


def _rows(sheet: Any, formulas: Any, *, stream: bool) -> Iterator[list[str]]:
    """The cells of each row as shown; a merged range has its value in each of its cells."""
    merged = {} if stream else _merged(sheet)
    for number, (row, other) in enumerate(zip(sheet.rows, formulas.rows, strict=False), 1):
        texts = [_cell(value, formula) for value, formula in zip(row, other, strict=False)]
        for column, text in merged.get(number, {}).items():
            if column <= len(texts):
                texts[column - 1] = text
        while texts and not texts[-1]:
            texts.pop()
        if texts and not stream and sheet.row_dimensions[number].hidden:
            texts[0] += HIDDEN
        yield texts


def _merged(sheet: Any) -> dict[int, dict[int, str]]:
    """Row and column of each cell of a merged range, and its text; of ranges that are not too large."""
    found: dict[int, dict[int, str]] = {}
    for area in sheet.merged_cells.ranges:
        text = _shown(area.start_cell.value, str(area.start_cell.number_format))
        if area.size["rows"] * area.size["columns"] > _MAX_MERGED or not text:
            continue
        alone = area.min_col == 1 and area.size["columns"] > 1 and area.max_col >= sheet.max_column
        for row in range(area.min_row, area.max_row + 1):
            for column in range(area.min_col, area.min_col + 1 if alone else area.max_col + 1):
                found.setdefault(row, {})[column] = text
    return found


def _sheet(title: str, rows: list[list[str]], *, hidden: bool) -> Iterator[str]:
    tables = list(_tables(rows))
    heading = f"# {title}{HIDDEN if hidden else ''}\n\n"
    if sum(len(table) for table in tables) <= ROWS_PER_PAGE:
        blocks = [(text, table) for text, table in map(parted_title, tables)]
        yield heading + "\n\n".join(text + markdown(table) for text, table in blocks)
        return
    for block in tables:
        text, table = parted_title(block)
        yield from pages_of(table, above=heading + text)


def _tables(rows: Sequence[list[str]]) -> Iterator[list[list[str]]]:
    """The blocks of rows between empty rows, without empty columns on either side."""
    block: list[list[str]] = []
    for row in [*rows, []]:
        if any(row):
            block.append(row)
        elif block:
            first = min(column for row in block for column, cell in enumerate(row) if cell)
            width = max(len(row) for row in block)
            yield [[*row, *[""] * (width - len(row))][first:] for row in block]
            block = []


def _cell(value: Any, formula: Any) -> str:
    shown = value.value if value.value is not None else formula.value
    return _shown(shown, str(getattr(value, "number_format", "")))


def _shown(shown: Any, number_format: str) -> str:
    if shown is None:
        return ""
    if isinstance(shown, bool):
        return str(shown).upper()
    if isinstance(shown, (int, float)):
        return _number(shown, number_format)
    if isinstance(shown, datetime):
        return shown.date().isoformat() if shown.time() == time() else shown.isoformat(" ")
    return shown.isoformat() if isinstance(shown, (date, time)) else str(shown)


def _number(number: float, number_format: str) -> str:
    """A number with the 15 digits that Excel keeps, as a percentage if the sheet shows it as one.

    A percentage has the decimals that the sheet shows.

    >>> _number(0.1 + 0.2, "General"), _number(0.123, "0.0%"), _number(1234567.0, "#,##0"), _number(2e-7, "")
    ('0.3', '12.3%', '1234567', '0.0000002')
    >>> _number(1 / 3, "0.00%"), _number(0.0125, "0.00%")
    ('33.33%', '1.25%')
    """
    bare = re.sub(r'"[^"]*"|\\.', "", number_format)
    if "%" in bare:
        decimals = re.search(r"\.([0#?]+)", bare)
        return f"{number * 100:.{min(15, len(decimals[1]) if decimals else 0)}f}%"
    digits = f"{number:.15g}"
    if "e" in digits:
        from decimal import Decimal

        digits = f"{Decimal(digits):f}"
    return digits
