"""Tables as programs see them: figures looked up by row and column, `t1["Total revenue", 2024]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from sandreckoner.tools.python.figures.figure import Figure, looked_up
from sandreckoner.tools.python.figures.figure_units import SCALES
from sandreckoner.tools.python.figures.long_columns import LongColumn, LongTable
from sandreckoner.tools.python.figures.lookup_log import LOG, Source
from sandreckoner.tools.python.figures.table_labels import (
    Label,
    LabelError,
    NoLabel,
    find_label,
    has_whole,
    nearest,
)

_PROGRAM = "<program"
_SHOWN = 30  # rows
_NAMED = 8  # labels in an error
_LONG = 50  # cells of a column; one that is longer is one lookup as a whole


class Table:
    """A table of a document. `t[row, column]` is a figure, `t[row]` a series by column.

    Labels fit exactly, or by their normal form, or by the part that only one of them has. One that fits
    several or none is an error that names those there are. A row may follow its section: `t[section, row,
    column]`; of several columns that fit, the one is meant that is not blank in the row. A row that only one
    other table has is read there, and a remark says so.
    """

    __slots__ = ("_about", "_beside", "_cells", "_columns", "_long", "_name", "_rows")

    _about: dict[str, Any]
    _beside: tuple[Table, ...]
    _cells: tuple[tuple[tuple[Any, ...] | None, ...], ...]
    _columns: tuple[Label, ...]
    _long: LongTable | None
    _name: str
    _rows: tuple[Label, ...]

    def __new__(cls, *ignored: Any, **ignored_too: Any) -> Any:
        raise TypeError("tables come from documents; a program cannot make one")

    @property
    def rows(self) -> list[str]:
        """The names of the rows, from the top."""
        if self._long is not None:
            return list(self._long.labels)
        self._require_whole()
        return [label.name for label in self._rows]

    @property
    def columns(self) -> list[str]:
        """The names of the columns, from the left."""
        return [label.name for label in self._columns]

    @property
    def name(self) -> str:
        """The variable that it is given to programs as."""
        return self._name

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self._about["title"])

    @property
    def caption(self) -> str:
        """The line that states its units."""
        return str(self._about["caption"])

    @property
    def document(self) -> str:
        """The document that it stands in."""
        return str(self._about["document"])

    @property
    def page(self) -> int | None:
        """The page that it begins on."""
        page: int | None = self._about["page"]
        return page

    @property
    def unit(self) -> str:
        """The unit of the whole table; empty where it is not known."""
        return str(self._about["unit"])

    @property
    def scale(self) -> int:
        """The scale of the whole table."""
        return int(self._about["scale"])

    def find(self, words: str, most: int = 10) -> list[str]:
        """The names of the rows most like some words, best first."""
        return nearest(_text(words), self._rows)[: max(0, int(most))]

    def frame(self) -> Any:
        """The table as a DataFrame of plain numbers and texts; every figure of it counts as looked up."""
        pandas = sys.modules.get("pandas")
        if pandas is None:
            raise ImportError("import pandas in the program to have a table as a DataFrame")
        columns = {label.name: self._plain(column) for column, label in enumerate(self._columns)}
        return pandas.DataFrame(columns, index=self.rows)

    def _plain(self, column: int) -> Any:
        """A column as plain numbers and texts."""
        if (long := self._whole_column(column)) is not None:
            return long._plain()
        found = [
            self._cell(row, column) if cells[column] is not None else None
            for row, cells in enumerate(self._cells)
        ]
        return [float(each) if type(each) is Figure else each for each in found]

    def _whole_column(self, column: int) -> LongColumn | None:
        """A column of a table that has more rows than are here; None of one that has not.

        Raises:
            LabelError: its other rows are not here.
        """
        found = None
        if self._long is not None:
            found = self._long.column(column, self._columns[column].name, _line())
        if found is None:
            self._require_whole()
        return found

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __contains__(self, label: object) -> bool:
        try:
            self[label]
        except LabelError:
            return False
        return True

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            if len(key) < 2:
                raise LabelError(f"look up {self._name}[row, column], not {len(key)} labels")
            return self._looked_up(_joined(key[:-1]), key[-1])
        if self._long is not None:
            if key in self.columns:
                return self._whole_column(self.columns.index(key))
            if (place := self._far_row(key)) is not None:
                return {label.name: self._far(place, column) for column, label in enumerate(self._columns)}
        try:
            row = self._row(key)
        except LabelError as fault:
            try:
                column = self._column(key)
            except LabelError:
                raise fault from None
            return self._whole_column(column) or Series(self, column, is_row=False)
        return self._cell(row, 0) if len(self._columns) == 1 else Series(self, row, is_row=True)

    def _looked_up(self, row: Any, column: Any) -> Any:
        """The cell of two labels, here or in the one other table that has both."""
        try:
            place = self._place(row, column)
        except NoLabel as fault:
            found = [(other, there) for other in self._beside if (there := other._whole_place(row, column))]
            if len(found) != 1:
                raise fault from None
            ((other, place),) = found
            LOG.note(
                f"{self._name} has no {_text(row)!r}, {_text(column)!r}; {other._name} has, and was read"
            )
            return other._cell(*place)
        return self._cell(*place)

    def _require_whole(self) -> None:
        """Refuse what would take the rows that are here for all that the file has."""
        if left_out := int(self._about.get("left_out", 0)):
            here = len(self._rows)
            raise LabelError(
                f"{self._name} has {left_out + here} rows, of which the first {here} are here: a whole "
                f"column would be short; look up {self._name}[row, column]"
            )

    def _place(self, row: Any, column: Any) -> tuple[int, int]:
        """Row and column of two labels; also the other way round, where they fit only so."""
        if (place := self._far_row(row)) is not None:
            return place, self._column(column)
        try:
            found = self._row(row)
            return found, self._column(column, found)
        except LabelError as fault:
            try:
                found = self._row(column)
                return found, self._column(row, found)
            except LabelError:
                raise fault from None

    def _whole_place(self, row: Any, column: Any) -> tuple[int, int] | None:
        """The place of a cell that is not blank, in a row that has that label whole."""
        if not has_whole(_text(row), self._rows):
            return None
        try:
            found = self._row(row)
            place = found, self._column(column, found)
        except LabelError:
            return None
        return place if self._cells[place[0]][place[1]] is not None else None

    def _row(self, label: Any) -> int:
        return find_label(_text(label), self._rows, f"{self._name} row", is_row=True)

    def _column(self, label: Any, row: int | None = None) -> int:
        """The column of a label; of several that fit, the one that is not blank in the row."""
        cells = self._cells[row] if row is not None else ()
        filled = [place for place, cell in enumerate(cells) if cell is not None]
        return find_label(_text(label), self._columns, f"{self._name} column", is_row=False, filled=filled)

    def _cell(self, row: int, column: int, source: Source | None = None) -> Any:
        if row >= len(self._rows):
            return self._far(row, column)
        cell = self._cells[row][column]
        label = f"{self._rows[row].name!r}, {self._columns[column].name!r}"
        if cell is None:
            raise LabelError(f"{self._name}[{label}] is blank")
        text, value, unit, scale, period = cell
        if value is None:
            return text
        source = source or Source(self._name, row, column, value, _line())
        cell = (self._name, row, column)
        return looked_up(Fraction(value), unit, scale, period, source, cell, f"{self._name}[{label}]")

    def _far_row(self, label: Any) -> int | None:
        """The row of a label, as the file has it, that is none of those here."""
        place = self._long.place(label) if self._long is not None and type(label) is str else None
        return place if place is not None and place >= len(self._rows) else None

    def _far(self, row: int, column: int) -> Any:
        """A cell of a row that only the whole column has, which is its source."""
        long = self._whole_column(column)
        return None if long is None else long._at(row)

    def __str__(self) -> str:
        about = ", ".join(part for part in (self.title, self.unit, SCALES.get(self.scale, "")) if part)
        lines = [f"{self._name} ({self.document}): {about}", " | ".join(["", *self.columns])]
        for label, cells in zip(self._rows[:_SHOWN], self._cells, strict=False):
            lines.append(" | ".join([label.name, *(cell[0] if cell else "" for cell in cells)]))
        rest = len(self._rows) - _SHOWN
        return "\n".join([*lines, *([f"… {rest} rows"] if rest > 0 else [])])

    __repr__ = __str__


class Series:
    """A row of a table by column, or a column by row. Iterates over its figures."""

    __slots__ = ("_is_row", "_place", "_table")

    _is_row: bool
    _place: int
    _table: Table

    def __new__(cls, table: Table, place: int, *, is_row: bool) -> Any:
        if type(table) is not Table:
            raise TypeError("a series is a row or a column of a table")
        made = object.__new__(cls)
        made._table, made._place, made._is_row = table, place, is_row
        return made

    @property
    def _labels(self) -> tuple[Label, ...]:
        return self._table._columns if self._is_row else self._table._rows

    def keys(self) -> list[str]:
        """The labels of its figures that are not blank."""
        return [self._labels[place].name for place in self._filled()]

    def values(self) -> list[Any]:
        """Its figures."""
        return [value for _, value in self.items()]

    def items(self) -> list[tuple[str, Any]]:
        """Labels and figures."""
        places = self._filled()
        source = None
        if not self._is_row and len(places) > _LONG:
            source = Source(self._table.name, -1, self._place, str(len(places)), _line())
        return [(self._labels[place].name, self._at(place, source)) for place in places]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values())

    def __len__(self) -> int:
        return len(self._filled())

    def __getitem__(self, label: Any) -> Any:
        if type(label) is int and abs(label) < 1000:
            return self.values()[label]
        table = self._table
        return self._at(table._column(label) if self._is_row else table._row(label))

    def _refuse(self, other: Any) -> Any:
        """Refuse arithmetic: a row or a column has several figures, and which is meant is not known."""
        raise LabelError(
            f"{self._table.name} has several figures there, by {', '.join(map(repr, self.keys()[:_NAMED]))}; "
            f"look one up: {self._table.name}[row, column]"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse

    def _filled(self) -> list[int]:
        cells = self._table._cells
        return [
            place
            for place in range(len(self._labels))
            if (cells[self._place][place] if self._is_row else cells[place][self._place]) is not None
        ]

    def _at(self, place: int, source: Source | None = None) -> Any:
        row, column = (self._place, place) if self._is_row else (place, self._place)
        return self._table._cell(row, column, source)

    def __str__(self) -> str:
        return str({name: str(value) for name, value in self.items()})

    __repr__ = __str__


def _joined(labels: tuple[Any, ...]) -> Any:
    """A row by its sections and its label, `t["Assets", "Cash", 2024]`, as one label."""
    return labels[0] if len(labels) == 1 else ": ".join(map(_text, labels))


def _text(label: Any) -> str:
    """A label as text: a year may be a number."""
    if type(label) is str:
        return label
    if type(label) is int:
        return str(label)
    if type(label) is Figure or type(label) is float:
        return f"{float(label):g}"
    raise LabelError(f"a label is a text or a year, not {type(label).__name__}")


def _line() -> int:
    """The line of the program that looks something up."""
    frame: Any = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.startswith(_PROGRAM):
        frame = frame.f_back
    return int(frame.f_lineno or 0) if frame is not None else 0
