"""Excel (.xlsx) by openpyxl: a page for each sheet, or for each 500 rows of a long one."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from sandreckoner.tools.retrieval.readers.tables import ROWS_PER_PAGE, markdown, pages_of
from sandreckoner.tools.retrieval.readers.zip_archive import check_package


def pages(data: bytes) -> Iterator[str]:
    """Each sheet below a heading with its name. A formula without a stored value is shown as the formula.

    Raises:
        ValueError: the file is encrypted, damaged or too large.
    """
    check_package(data, "Excel workbook")
    import openpyxl  # type: ignore[import-untyped]

    values = openpyxl.load_workbook(io.BytesIO(data), data_only=True, read_only=True)
    formulas = openpyxl.load_workbook(io.BytesIO(data), data_only=False, read_only=True)
    try:
        for sheet in values.worksheets:
            rows = [
                [_cell(value, formula) for value, formula in zip(row, other, strict=False)]
                for row, other in zip(sheet.rows, formulas[sheet.title].rows, strict=False)
            ]
            yield from _sheet(sheet.title, rows)
    finally:
        values.close()
        formulas.close()


def _sheet(title: str, rows: list[list[str]]) -> Iterator[str]:
    tables = list(_tables(rows))
    heading = f"# {title}\n\n"
    if sum(len(table) for table in tables) <= ROWS_PER_PAGE:
        yield heading + "\n\n".join(markdown(table) for table in tables)
        return
    for table in tables:
        yield from pages_of(table, above=heading)


def _tables(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    """The blocks of rows between empty rows, without empty columns on the right."""
    block: list[list[str]] = []
    for row in [*rows, []]:
        if any(row):
            block.append(row)
        elif block:
            width = max(column + 1 for row in block for column, cell in enumerate(row) if cell)
            yield [row[:width] for row in block]
            block = []


def _cell(value: Any, formula: Any) -> str:
    shown = value.value if value.value is not None else formula.value
    if shown is None:
        return ""
    if isinstance(shown, bool):
        return str(shown).upper()
    if isinstance(shown, (int, float)):
        return _number(shown, str(getattr(value, "number_format", "")))
    if isinstance(shown, datetime):
        return shown.date().isoformat() if shown.time() == time() else shown.isoformat(" ")
    return shown.isoformat() if isinstance(shown, (date, time)) else str(shown)


def _number(number: float, number_format: str) -> str:
    """A number with the 15 digits that Excel keeps, as a percentage if the sheet shows it as one.

    >>> _number(0.1 + 0.2, "General"), _number(0.123, "0.0%"), _number(1234567.0, "#,##0"), _number(2e-7, "")
    ('0.3', '12.3%', '1234567', '0.0000002')
    """
    percent = "%" in re.sub(r'"[^"]*"', "", number_format)
    digits = f"{number * 100 if percent else number:.15g}"
    if "e" in digits:
        from decimal import Decimal

        digits = f"{Decimal(digits):f}"
    return digits + ("%" if percent else "")
