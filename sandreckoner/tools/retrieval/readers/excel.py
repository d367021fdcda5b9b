"""Excel (.xlsx, .xlsm) by openpyxl: a page for each sheet, or for each 500 rows of a long one.

Values are written as the sheet shows them. A merged heading stands over each of its columns; rows and sheets
that the file hides are read and marked.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.office_xml import all_named, members, open_package, text_of
from sandreckoner.tools.retrieval.readers.tables import ROWS_PER_PAGE, markdown, pages_of, parted_title

HIDDEN = " (hidden)"
_MAX_MERGED = 1_000  # cells of one merged range that are filled
_LARGE_BYTES = 8 * 1024 * 1024  # a larger workbook is read row by row, without merged ranges and hidden marks


def pages(data: bytes, tell: Tell = ignored) -> Iterator[str]:
    """Each sheet below a heading with its name. A formula without a stored value is shown as the formula.

    Raises:
        ValueError: the file is damaged.
    """
    archive = open_package(data)
    import openpyxl  # type: ignore[import-untyped]

    stream = len(data) > _LARGE_BYTES
    values = openpyxl.load_workbook(io.BytesIO(data), data_only=True, read_only=stream)
    formulas = openpyxl.load_workbook(io.BytesIO(data), data_only=False, read_only=stream)
    if stream:
        tell("so large that hidden rows, merged headings and comments are not marked")
    try:
        for sheet in values.worksheets:
            other = formulas[sheet.title]
            if stream:  # the size that a file states may be wrong: A1 where there are a thousand rows
                sheet.reset_dimensions()
                other.reset_dimensions()
            lacking: list[str] = []
            rows = list(_rows(sheet, other, lacking, stream=stream))
            if lacking:
                tell(f"sheet {sheet.title}: {_without_value(lacking)}")
            yield from sheet_pages(
                sheet.title, rows, hidden=sheet.sheet_state != "visible", below=_comments(sheet, stream)
            )
    finally:
        values.close()
        formulas.close()
    boxes = [
        text_of(line) for drawing in members(archive, "xl/drawings/") for line in all_named(drawing, "p")
    ]
    if any(boxes):
        yield "# Text boxes\n\n" + "\n\n".join(filter(None, boxes))
    if pictures := sum(name.startswith("xl/media/") for name in archive.namelist()):
        tell(f"pictures: {pictures} not read")


def _without_value(places: list[str]) -> str:
    """What is told of formulas that no program has computed."""
    some = ", ".join(places[:3]) + (", …" if len(places) > 3 else "")
    count = "1 formula has" if len(places) == 1 else f"{len(places)} formulas have"
    return f"{count} no stored value ({some}): save it once in a spreadsheet program"


def _comments(sheet: Any, stream: bool) -> str:
    """The comments on a sheet's cells, a line each."""
    lines = () if stream else (cell for row in sheet.rows for cell in row if cell.comment)
    return "".join(f"\n\nComment on {cell.coordinate}: {cell.comment.text}" for cell in lines)


def _rows(sheet: Any, formulas: Any, lacking: list[str], *, stream: bool) -> Iterator[list[str]]:
    """The cells of each row as shown; a merged range has its value in each of its cells.

    The places of formulas without a value are added to `lacking`.
    """
    merged = {} if stream else _merged(sheet)
    for number, (row, other) in enumerate(zip(sheet.rows, formulas.rows, strict=False), 1):
        texts = [_cell(value, formula) for value, formula in zip(row, other, strict=False)]
        lacking += [
            f"{formula.column_letter}{number}"
            for value, formula in zip(row, other, strict=False)
            if value.value is None and formula.value is not None
        ]
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
        text = shown_value(area.start_cell.value, str(area.start_cell.number_format))
        if area.size["rows"] * area.size["columns"] > _MAX_MERGED or not text:
            continue
        alone = area.min_col == 1 and area.size["columns"] > 1 and area.max_col >= sheet.max_column
        for row in range(area.min_row, area.max_row + 1):
            for column in range(area.min_col, area.min_col + 1 if alone else area.max_col + 1):
                found.setdefault(row, {})[column] = text
    return found


def sheet_pages(title: str, rows: list[list[str]], *, hidden: bool, below: str = "") -> Iterator[str]:
    """The pages of a sheet: its name, its blocks of rows, and the text `below` them."""
    tables = list(_tables(rows))
    heading = f"# {title}{HIDDEN if hidden else ''}\n\n"
    if sum(len(table) for table in tables) <= ROWS_PER_PAGE:
        blocks = [(text, table) for text, table in map(parted_title, tables)]
        yield heading + "\n\n".join(text + markdown(table) for text, table in blocks) + below
        return
    for block in tables:
        text, table = parted_title(block)
        yield from pages_of(table, above=heading + text)
    if below:
        yield heading + below.strip()


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
    return shown_value(shown, str(getattr(value, "number_format", "")))


def shown_value(shown: Any, number_format: str) -> str:
    """A cell's value as its sheet shows it."""
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
