"""A table as data: headings, labelled rows, units, and for each cell the place it was read from.

A table is a value and comes from a document, so every text in it is untrusted. `to_json` writes
one, `from_json` reads it back (`serialization.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]
SCALE_NAMES = {1_000: "thousand", 1_000_000: "million", 1_000_000_000: "billion"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: as it is written, marks included: `(42.7)`, `$ 1,234`, `12.5 %`, `—`.
        start: offset of its first character in the stored text of its page; -1 if it has none.
        end: offset after its last character there; -1 if it has none.
        box: left, bottom, right, top on a PDF page, in points from its lower left corner.
        page: its page, where that is not the page on which the table begins.
    """

    text: str
    start: int = -1
    end: int = -1
    box: Box | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures.

    Attributes:
        heading: its headings from the top down, joined: `Year ended December 31, 2024`.
        unit: the unit of this column alone, where its heading says so; see `Table.unit`.
        scale: the scale of this column alone; see `Table.scale`.
    """

    heading: str
    unit: str = ""
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row of figures.

    Attributes:
        label: what the row is called; empty if it has no label.
        path: the headings of the sections it stands in, outermost first.
        cells: one for each column of the table; None where the cell is blank.
        unit: the unit of this row alone, where its label or its section says so; see `Table.unit`.
        scale: the scale of this row alone; see `Table.scale`.
        total: whether it is the total of rows above it.
        sound: for a total, whether those rows add up to it; None if that is not known.
        hidden: whether the file hides it from its reader.
    """

    label: str
    path: tuple[str, ...] = ()
    cells: tuple[Cell | None, ...] = ()
    unit: str = ""
    scale: int = 1
    total: bool = False
    sound: bool | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a document.

    A cell's own marks (`%`, `$`) override the unit and scale of its row, a row's those of its column, and a
    column's those of the table. The value of a figure is its text, as a number, times its scale.

    Attributes:
        document: name of the document.
        page: page on which it begins, from 1; None for formats without pages.
        title: what the table is called.
        caption: the line that states its units or period: `(in millions, except per share amounts)`.
        unit: `USD`, `EUR` and other ISO codes of currencies, `USD/share`, `%`, `shares`, `days`, `years`,
            `people`; empty if it is not known.
        scale: a factor: 1, 1_000, 1_000_000 or 1_000_000_000.
        columns: the columns of figures, from the left; the column of labels is not one of them.
        rows: the rows, from the top.
        start: offset of the table's first character in the stored text of its page.
        end: offset after its last character on that page.
        sheet: name of the sheet of a workbook.
        statement: `income statement`, `balance sheet`, `cash flow`, `equity` or `comprehensive income`, if
            the table is one of these primary statements.
        n_rows: number of rows that the file has; more than `rows` has where the rest was left out. 0 where
            `rows` has all of them.
    """

    document: str
    page: int | None = None
    title: str = ""
    caption: str = ""
    unit: str = ""
    scale: int = 1
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    start: int = 0
    end: int = 0
    sheet: str = ""
    statement: str = ""
    n_rows: int = 0
