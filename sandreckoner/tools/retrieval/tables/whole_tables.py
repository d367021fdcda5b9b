"""Whole files as columns: every row of a CSV file or a sheet, as arrays of numbers, dates and texts.

A table of a million rows goes into a program by columns, see `long_tables`; a model sees its headings and
first rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sandreckoner.tools.retrieval.tables.figure_values import figure_value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["integer", "number", "date", "text"]
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MAX_TEXT = 200  # characters of a text that are handed over


@dataclass(frozen=True, slots=True)
class WholeColumn:
    """A column of a file.

    Attributes:
        heading: as the file has it.
        kind: `integer` (int64), `number` (float64, NaN for a blank), `date` (datetime64[D], NaT for a
            blank), or `text`. A column that is nearly but not wholly numbers is text.
        values: one for each row.
    """

    heading: str
    kind: Kind
    values: NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class WholeTable:
    """A file or sheet with all its rows.

    Attributes:
        document: name of the document.
        title: name of the sheet, or the lines above the head.
        columns: its columns from the left, that of the labels among them.
    """

    document: str
    title: str
    columns: tuple[WholeColumn, ...]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].values) if self.columns else 0


def whole_table(pages: Iterable[str], document: str) -> WholeTable | None:
    """The table that fills these pages, each below the same header; None if they hold none.

    Args:
        pages: stored pages of one file or sheet, in order.
        document: its name.
    """
    rows: list[list[str]] = []
    heads: list[str] = []
    title: list[str] = []
    for number, page in enumerate(pages):
        above, head, body = _parts(page)
        if number == 0:
            heads, title = head, above
        elif head != heads:
            break
        rows += body
    if not heads:
        return None
    columns = zip(*rows, strict=True) if rows else ((),) * len(heads)
    return WholeTable(
        document,
        " ".join(title),
        tuple(_column(heading, values) for heading, values in zip(heads, columns, strict=True)),
    )


def _parts(page: str) -> tuple[list[str], list[str], list[list[str]]]:
    """The lines above the table of a page, its header, and its rows."""
    above: list[str] = []
    lines = iter(page.split("\n"))
    for line in lines:
        if line.startswith("|"):
            head = _cells(line)
            next(lines, "")  # the rule
            return above, head, list(_rows(lines, len(head)))
        if line.strip():
            above.append(line.lstrip("# ").strip())
    return above, [], []


def _rows(lines: Iterator[str], width: int) -> Iterator[list[str]]:
    for line in lines:
        if not line.startswith("|"):
            return
        cells = _cells(line)
        yield [*cells, *[""] * (width - len(cells))][:width]


def _cells(line: str) -> list[str]:
    if "\\|" not in line:
        return line[2:-2].split(" | ")
    return [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\) \| ", line[2:-2])]


def _column(heading: str, values: Sequence[str]) -> WholeColumn:
    import numpy as np

    stripped = [value.strip() for value in values]
    filled = [value for value in stripped if value]
    if filled and all(_ISO_DATE.fullmatch(value) for value in filled):
        try:
            dates = np.array([value or "NaT" for value in stripped], dtype="datetime64[D]")
        except ValueError:  # the 31st of a month that has 30 days
            return _text(heading, stripped)
        return WholeColumn(heading, "date", dates)
    numbers = _numbers(stripped) if filled else None
    if numbers is None:
        return _text(heading, stripped)
    whole = len(filled) == len(stripped) and bool(np.all(numbers == np.floor(numbers)))
    if whole and bool(np.all(np.abs(numbers) < 2**53)):
        return WholeColumn(heading, "integer", numbers.astype(np.int64))
    return WholeColumn(heading, "number", numbers)


def _text(heading: str, values: Sequence[str]) -> WholeColumn:
    import numpy as np

    return WholeColumn(heading, "text", np.array([value[:_MAX_TEXT] for value in values], dtype=np.str_))


def _numbers(values: Sequence[str]) -> NDArray[np.float64] | None:
    """The values as numbers, NaN for a blank; None if one is neither. `007` and `1e5` are codes: texts."""
    import numpy as np

    if any(value[:1] == "0" and value[1:2].isdigit() for value in values):
        return None
    if not any(character.isalpha() for value in values for character in value):
        try:
            return np.array([value or "nan" for value in values], dtype=np.float64)
        except ValueError:
            pass
    found = np.empty(len(values))
    for place, value in enumerate(values):
        figure = figure_value(value) if value else None
        if value and (figure is None or any(character.isalpha() for character in value)):
            return None
        found[place] = float(figure) if figure is not None else np.nan
    return found
