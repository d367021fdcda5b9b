"""A page of a PDF as a picture, and where on it a figure, its row and its column stand.

Rectangles are shares of the picture's width and height, from its upper left corner, so that any size fits.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandreckoner.core.errors import LibraryError, MissingExtra
from sandreckoner.core.table import Box, Table
from sandreckoner.tools.retrieval.readers.pdf import ONE_AT_A_TIME
from sandreckoner.tools.retrieval.readers.pdf_columns import in_reading_order
from sandreckoner.tools.retrieval.tables.pdf_tables import tables_of_page
from sandreckoner.tools.retrieval.tables.word_boxes import PageLayout, read_layout

WIDTH, MAX_HEIGHT = 1_200, 3_000  # pixels; a page may claim any size
_MARGIN = 1.5  # points around a figure


@dataclass(frozen=True, slots=True)
class Frame:
    """A figure on a page.

    Attributes:
        figure: left, top, right, bottom of what is framed, as shares of the page; None if it was not found.
        row: of its row in a table, its label included; None outside one.
        column: of its column in that table; None outside one.
    """

    figure: Box | None = None
    row: Box | None = None
    column: Box | None = None


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page.

    Attributes:
        png: the picture.
        width: in pixels.
        height: in pixels.
        frame: what is framed.
        text: the stored text of the page.
    """

    png: bytes
    width: int
    height: int
    frame: Frame
    text: str


def page_picture(
    file: Path, page: int, *, start: int = -1, end: int = -1, box: Box | None = None, width: int = WIDTH
) -> PagePicture:
    """Draw a page of a PDF and find a figure on it.

    Args:
        file: the PDF.
        page: from 1.
        start: offset of the figure in the page's text; -1 if it has none.
        end: offset after it.
        box: its rectangle in points, where that is known already.
        width: of the picture, in pixels.

    Raises:
        MissingExtra: pypdfium2 or Pillow is not installed.
        LibraryError: the file cannot be read, or has no such page.
    """
    try:
        import PIL
        import pypdfium2  # type: ignore[import-untyped]
    except ModuleNotFoundError as fault:
        raise MissingExtra(f"{fault.name} is not installed: pip install 'sandreckoner[documents]'") from None
    del PIL
    with ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(file)
        except (OSError, pypdfium2.PdfiumError) as fault:
            raise LibraryError(f"{file.name}: cannot be drawn ({fault})") from None
        try:
            if not 1 <= page <= len(document):
                raise LibraryError(f"{file.name}: has no page {page}")
            return _draw(document[page - 1], start, end, box, width)
        finally:
            document.close()


def _draw(page: Any, start: int, end: int, box: Box | None, width: int) -> PagePicture:
    layout = in_reading_order(read_layout(page))
    points = page.get_size()
    scale = min(width / max(points[0], 1), MAX_HEIGHT / max(points[1], 1))
    picture = page.render(scale=scale, may_draw_forms=False).to_pil()
    written = io.BytesIO()
    picture.convert("RGB").quantize(64).save(written, "PNG")
    frame = _frame(page, layout, start, end, box)
    return PagePicture(written.getvalue(), picture.width, picture.height, frame, layout.text)


def _frame(page: Any, layout: PageLayout, start: int, end: int, box: Box | None) -> Frame:
    words = [word for word in layout.words if word.start < end and start < word.end] if start >= 0 else []
    if box is None and words:
        box = layout.box(words)
    if box is None:
        return Frame()
    row, column = _lit(tables_of_page(layout, "", 1), box, layout)
    x0, y0, x1, y1 = box
    figure = _share(page, (x0 - _MARGIN, y0 - _MARGIN, x1 + _MARGIN, y1 + _MARGIN))
    return Frame(figure, row and _share(page, row), column and _share(page, column))


def _lit(tables: Sequence[Table], box: Box, layout: PageLayout) -> tuple[Box | None, Box | None]:
    """The rectangles of the row and the column of the table cell at a place."""
    for table in tables:
        for row in table.rows:
            for at, cell in enumerate(row.cells):
                if cell is None or cell.box is None or not _overlap(cell.box, box):
                    continue
                others = [other.cells[at] for other in table.rows if at < len(other.cells)]
                cells = [other.box for other in row.cells if other is not None and other.box]
                label = _label(layout, cell.box, min(other[0] for other in cells))
                column = [other.box for other in others if other is not None and other.box]
                return _around([*cells, *label]), _around(column)
    return None, None


def _label(layout: PageLayout, cell: Box, left: float) -> list[Box]:
    """The rectangles of the words before the first cell of a row."""
    boxes = [layout.box([word]) for word in layout.words]
    middle = (cell[1] + cell[3]) / 2
    return [box for box in boxes if box[1] < middle < box[3] and box[2] <= left]


def _around(boxes: Sequence[Box]) -> Box:
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _share(page: Any, box: Box) -> Box:
    """A rectangle in points as shares of the picture, as the page is turned and cut."""
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    size = 1_000_000
    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page, 0, 0, size, size, 0, x, y, ctypes.byref(across), ctypes.byref(down))
        corners.append((across.value / size, down.value / size))
    (left, right), (top, bottom) = (sorted(axis) for axis in zip(*corners, strict=True))
    return max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom)
