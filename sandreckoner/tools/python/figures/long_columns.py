"""Columns of a table that has more rows than its record holds: a text each, one line a row."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sandreckoner.tools.python.figures.figure import Figure, make_figure
from sandreckoner.tools.python.figures.figure_units import unit_of
from sandreckoner.tools.python.figures.lookup_log import LOG, Source


class LongColumn:
    """A column with all rows of its file. Iterates over its figures or texts that are not blank.

    `sum`, `min`, `max` and `statistics.mean` take it as a whole: exactly, and quickly over a million rows.
    """

    __slots__ = ("_cells", "_like", "_name", "_of_texts", "_power")

    _cells: Sequence[Any]  # for each row a whole number of 1/_power, or a text; None where it is blank
    _like: Figure  # any of its figures: their unit, scale, period and source
    _name: str
    _of_texts: bool
    _power: int

    def __new__(cls, *ignored: Any, **ignored_too: Any) -> Any:
        raise TypeError("columns come from tables: t1['column']")

    def values(self) -> list[Any]:
        """Its figures or texts."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        return map(self._one, self._filled())

    def __len__(self) -> int:
        return len(self._filled())

    def __getitem__(self, place: Any) -> Any:
        if type(place) is slice:
            return list(map(self._one, self._filled()[place]))
        if type(place) is int:
            return self._one(self._filled()[place])
        raise TypeError(f"{self._name} is taken by number; look up one figure with its row and column")

    def _filled(self) -> Sequence[Any]:
        return [cell for cell in self._cells if cell is not None] if None in self._cells else self._cells

    def _one(self, cell: int | str) -> Any:
        if isinstance(cell, str):
            return cell
        return self._like._with(Fraction(cell, self._power))

    def _at(self, row: int) -> Any:
        cell = self._cells[row]
        return cell if cell is None else self._one(cell)

    def _plain(self) -> Any:
        """For each row a number or a text, as an array; None for a blank text, NaN for a blank number."""
        numpy = sys.modules["numpy"]
        if self._of_texts:
            return numpy.array(self._cells, dtype=object)
        return numpy.array(self._cells, dtype=float) / self._power

    def __str__(self) -> str:
        first = ", ".join(str(self._one(cell)) for cell in self._filled()[:5])
        return f"{self._name}: {first}, … {len(self):,} in all"

    __repr__ = __str__


class LongTable:
    """All rows of a table, by columns.

    Args:
        name: of the table.
        about: `rows`, their number; `labels`, the name of the text with theirs; `columns`, of each the name
            of its `text`, the `power` by which its numbers are multiplied there (None for texts), `unit`,
            `scale` and `period`; None for a column that has no one unit.
        texts: what these names stand for, one line a row.
    """

    __slots__ = ("_about", "_labels", "_name", "_places", "_texts")

    def __init__(self, name: str, about: Mapping[str, Any], texts: Mapping[str, str]) -> None:
        self._name, self._about, self._texts = name, about, texts
        self._labels: list[str] = []
        self._places: dict[str, int] = {}

    @property
    def labels(self) -> list[str]:
        """The label of each row."""
        if not self._labels:
            self._labels = self._texts[self._about["labels"]].split("\n")
        return self._labels

    def place(self, label: Any) -> int | None:
        """The row of a label as the file has it; None where none has it, or several do."""
        if not self._places:
            for place, each in enumerate(self.labels):
                self._places[each] = -1 if each in self._places else place
        found = self._places.get(label, -1)
        return found if found >= 0 else None

    def column(self, place: int, name: str, line: int) -> LongColumn | None:
        """A column by its number, looked up in this line; None where its cells have no one unit."""
        about = self._about["columns"][place]
        if about is None:
            return None
        source = Source(self._name, -1, place, str(self._about["rows"]), line)
        LOG.source(source)
        lines: list[Any] = self._texts[about["text"]].split("\n")
        made: LongColumn = object.__new__(LongColumn)
        made._of_texts = about["power"] is None
        read = str if made._of_texts else int
        made._cells = [read(each) if each else None for each in lines]
        made._name, made._power = f"{self._name}[{name!r}]", about["power"] or 1
        unit, scale, period = unit_of(about["unit"]), about["scale"], about["period"]
        made._like = make_figure(Fraction(0), unit, scale, period, (source,))
        return made


def _counted(data: Any) -> LongColumn | None:
    """A long column of figures; None for anything else."""
    return data if type(data) is LongColumn and not data._of_texts and len(data) else None


def sum_of(data: Iterable[Any], /, start: Any = 0) -> Any:
    """`sum`, which takes a long column as a whole."""
    column = _counted(data)
    return sum(data, start) if column is None else column._one(sum(column._filled())) + start


def min_of(*data: Any, **options: Any) -> Any:
    """`min`, likewise."""
    column = _counted(data[0]) if len(data) == 1 and not options else None
    return min(*data, **options) if column is None else column._one(min(column._filled()))


def max_of(*data: Any, **options: Any) -> Any:
    """`max`, likewise."""
    column = _counted(data[0]) if len(data) == 1 and not options else None
    return max(*data, **options) if column is None else column._one(max(column._filled()))


def mean_of(data: Iterable[Any], otherwise: Any) -> Any:
    """The mean of figures as a figure; of other numbers what `otherwise` makes of them."""
    if (column := _counted(data)) is not None:
        return sum_of(column) / len(column)
    values = list(data)
    if values and all(type(value) is Figure for value in values):
        return sum(values) / len(values)
    return otherwise(values)
