"""Excel of before 2007 (.xls) by xlrd: values as the sheet shows them, hidden rows and sheets marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.excel import HIDDEN, sheet_pages, shown_value


def pages(data: bytes, tell: Tell = ignored) -> Iterator[str]:
    """Each sheet below a heading with its name; a formula has the value that was stored with it.

    Raises:
        ValueError: the file is damaged or needs a password.
    """
    import xlrd  # type: ignore[import-untyped]

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=_Nowhere())
    except xlrd.XLRDError as fault:
        raise ValueError(f"is not an Excel workbook that can be read ({fault})") from None
    for sheet in book.sheets():
        rows = [_row(book, sheet, number) for number in range(sheet.nrows)]
        yield from sheet_pages(sheet.name, rows, hidden=bool(sheet.visibility))


class _Nowhere:
    """Where xlrd writes its warnings."""

    def write(self, text: str) -> None:
        """Drop what is written."""

    def flush(self) -> None:
        """Nothing is kept."""


def _row(book: Any, sheet: Any, number: int) -> list[str]:
    texts = [_cell(book, cell) for cell in sheet.row(number)]
    for top, bottom, left, right in sheet.merged_cells:
        if top <= number < bottom:
            texts[left:right] = [_cell(book, sheet.cell(top, left))] * (min(right, len(texts)) - left)
    while texts and not texts[-1]:
        texts.pop()
    known = sheet.rowinfo_map.get(number)
    if texts and known is not None and known.hidden:
        texts[0] += HIDDEN
    return texts


def _cell(book: Any, cell: Any) -> str:
    import xlrd

    written = book.format_map[book.xf_list[cell.xf_index].format_key].format_str if cell.xf_index else ""
    if cell.ctype == xlrd.XL_CELL_DATE:
        return shown_value(xlrd.xldate_as_datetime(cell.value, book.datemode), written)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return shown_value(bool(cell.value), written)
    return shown_value(cell.value, written)
