"""A page of a PDF with the cells of its tables framed, and the tables as text beside it.

    python -m benchmarks.retrieval.table_pictures REPORT.pdf PAGE PICTURE.png

Look whether a frame holds more or less than a figure, whether a figure has none, and whether the rows and the
headings of the text are those of the page. A figure is framed green; that of a total blue where its parts add
up to it, red where they do not. For pages that are not turned.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from sandreckoner.core.table import SCALE_NAMES, Row, Table
from sandreckoner.tools.retrieval.readers.pdf_columns import in_reading_order
from sandreckoner.tools.retrieval.tables.document_tables import tables_of_pdf
from sandreckoner.tools.retrieval.tables.word_boxes import read_layout

_PIXELS = 1.7  # a point
_COLOURS = {None: "green", True: "blue", False: "red"}
_LINE, _TEXT_WIDTH = 16, 1_000  # pixels
_LABEL, _CELL = 52, 17  # characters
_LABEL_WIDTH, _CELL_WIDTH = 340, 115


def main() -> None:
    """Draw one page."""
    file, number, target = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    page = pypdfium2.PdfDocument(file)[number - 1]
    tables = tables_of_pdf([in_reading_order(read_layout(page))], file.name)
    drawn = page.render(scale=_PIXELS).to_pil().convert("RGB")
    framed(drawn, tables, page.get_size()[1])
    lines = [line for table in tables for line in (*lines_of(table), ("",))]
    picture = Image.new(
        "RGB", (drawn.width + _TEXT_WIDTH, max(drawn.height, _LINE * len(lines) + 20)), "white"
    )
    picture.paste(drawn, (0, 0))
    font = ImageFont.load_default(12)
    for down, line in enumerate(lines):
        for across, text in enumerate(line):
            left = drawn.width + 10 + (_LABEL_WIDTH + _CELL_WIDTH * (across - 1) if across else 0)
            ImageDraw.Draw(picture).text((left, 10 + _LINE * down), text, "black", font)
    picture.save(target)


def framed(drawn: Image.Image, tables: Sequence[Table], height: float) -> None:
    """Frame each cell on the picture of a page of this height in points."""
    draw = ImageDraw.Draw(drawn)
    for row in (row for table in tables for row in table.rows):
        for left, bottom, right, top in (cell.box for cell in row.cells if cell and cell.box):
            corners = (left, height - top, right, height - bottom)
            draw.rectangle([_PIXELS * corner for corner in corners], outline=_COLOURS[row.sound])


def lines_of(table: Table) -> Iterator[tuple[str, ...]]:
    """A table as lines of texts: what it states of itself, its headings, its rows with their sections."""
    unit = " ".join(filter(None, (table.unit, SCALE_NAMES.get(table.scale))))
    yield (f"{table.title[-100:]} [{unit}] {table.statement}",)
    yield ("", *(column.heading[-_CELL:] for column in table.columns))
    for row in table.rows:
        yield _row(row)


def _row(row: Row) -> tuple[str, ...]:
    own = " ".join(filter(None, (row.unit, SCALE_NAMES.get(row.scale), "total" if row.total else "")))
    cells = (cell.text if cell else "" for cell in row.cells)
    return (" / ".join((*row.path, row.label))[-_LABEL:], *cells, f"[{own}]" if own else "")


if __name__ == "__main__":
    main()
