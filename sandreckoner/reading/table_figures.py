"""What the cells of a table say: value, unit, scale and year; names for its rows; its record for programs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from sandreckoner.core.execution import JSON
from sandreckoner.core.table import SCALE_NAMES, Cell, Table
from sandreckoner.reading.numbers import find_numbers

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SPACED = re.compile(r"(?<!\S)\d(?: \d){3}(?!\S)")  # `2 0 1 8`
# What nearly all cells hold; anything else is left to `find_numbers`, which takes a hundred times longer.
_PLAIN = re.compile(
    r"(?P<money>[$€£¥₹]?)\s?(?P<open>\(?)(?P<minus>[-−]?)"
    r"(?P<digits>(?:\d{1,3}(?:,\d{3}){0,8}|\d{1,30})(?:\.\d{1,20})?)"
    r"(?P<inner>\s?%)?(?P<close>\)?)(?P<unit>\s?%)?",
    re.ASCII,
)
_DASH = re.compile(r"[$€£¥\s]*[-–—−]+[\s%]*")
_NOTE_MARKS = re.compile(r"(?<=[\d%)])(?:\s*(?:\(\d{1,2}\)|\([a-z]{1,2}\)|\[\w{1,2}\]|[*†‡§]))+\s*$")
_TRAILING_MINUS = re.compile(r"^[\d,.]+\s?[-−]$")
_REST = re.compile(r"[\s$€£¥₹%()|*:]*")
_UNIT_WORD = re.compile(r"\s*(years?|days?|months?|shares?|people|employees|times|x)\s*", re.IGNORECASE)
_CURRENCIES = {
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "C$": "CAD",
    "A$": "AUD",
}
_PLURAL = {
    "year": "years",
    "day": "days",
    "month": "months",
    "share": "shares",
}
_RATIOS = ("times", "x")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_REORDERS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SCALE_WORDS = {f"{name}s": rf"\b{name}s?\b" for name in SCALE_NAMES.values()}
_CURRENCY_WORDS = {
    "dollars": r"\$|\bdollars?\b|\busd\b",
    "euros": r"€|\beuros?\b|\beur\b",
    "pounds": r"£|\bgbp\b",
}
_WORDS = re.compile(r"\d+|[^\W\d_]+|%")
_MARKS_OF_LABEL = re.compile(r"\s*(?:\(\w{1,2}\)|\[\w{1,2}\]|[*†‡§])+\s*$")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class CellFigure:
    """The figure that a cell states.

    Attributes:
        value: as the cell shows it, sign included; times `scale` it is the amount.
        unit: see `core.table.Table`.
        scale: a factor.
        period: the year that its column names, or else its row; None where neither names just one.
    """

    value: Fraction
    unit: str = ""
    scale: int = 1
    period: int | None = None


def cell_figure(table: Table, row: int, column: int) -> CellFigure | None:
    """Read the figure of a cell; None for one that is blank, holds words, or is not there."""
    cell = _cell(table, row, column)
    read = _read(cell.text) if cell is not None else None
    if read is None:
        return None
    value, own_unit, own_scale = read
    unit, scale = _around(table, row, column)
    if own_unit == "%" or own_unit == "ratio":
        unit, scale = own_unit, 1
    elif own_unit and not unit.startswith(own_unit):
        unit = own_unit
    return CellFigure(value, unit, own_scale if own_scale != 1 else scale, cell_year(table, row, column))


def _cell(table: Table, row: int, column: int) -> Cell | None:
    if not (0 <= row < len(table.rows) and 0 <= column < len(table.rows[row].cells)):
        return None
    return table.rows[row].cells[column]


def _around(table: Table, row: int, column: int) -> tuple[str, int]:
    """The unit and scale that the row, the column or the table gives a cell; a `$` in its row counts."""
    line, head = table.rows[row], table.columns[column]
    base = table.unit or (_marked(line.cells) if not (line.unit or head.unit) else "")
    for part in (line, head):
        if part.unit or part.scale != 1:
            return part.unit or base, part.scale
    return base, table.scale


@lru_cache(1_024)
def _marked(cells: tuple[Cell | None, ...]) -> str:
    """The currency that a cell of the row has beside its number; empty where none has one, or several."""
    units = {read[1] for cell in cells if cell and (read := _read(cell.text))}
    money = {unit for unit in units if unit in _CURRENCIES.values()}
    return money.pop() if len(money) == 1 else ""


def _read(text: str) -> tuple[Fraction, str, int] | None:
    """The one number of a cell, with the unit and the scale that stand beside it."""
    text = one_line(text[:_LONGEST])
    if (plain := _PLAIN.fullmatch(text)) and bool(plain["open"]) == bool(plain["close"]):
        minus = -1 if plain["open"] or plain["minus"] else 1
        unit = "%" if plain["inner"] or plain["unit"] else _CURRENCIES.get(plain["money"], "")
        return minus * Fraction(plain["digits"].replace(",", "")), unit, 1
    if _DASH.fullmatch(text):
        return Fraction(0), "", 1
    text = _NOTE_MARKS.sub("", text)
    text = re.sub(r"\(\s+", "(", re.sub(r"\s+\)", ")", text))
    if _TRAILING_MINUS.match(text):
        text = f"-{text.rstrip('-− ')}"
    numbers = find_numbers(text)
    if len(numbers) != 1:
        return None
    (number,) = numbers
    rest = text[: number.start] + " " + text[number.end :]
    word = _UNIT_WORD.fullmatch(rest)
    if not word and not _REST.fullmatch(rest):
        return None
    unit = _CURRENCIES.get(number.unit, number.unit if number.unit in (*_CURRENCIES.values(), "%") else "")
    if word:
        name = word[1].lower()
        unit = "ratio" if name in _RATIOS else _PLURAL.get(name.rstrip("s"), name)
    elif not unit:
        unit = next((_CURRENCIES[sign] for sign in "$€£¥₹" if sign in text), "%" if "%" in text else "")
    return number.value, unit, number.scale


def cell_year(table: Table, row: int, column: int) -> int | None:
    """Return the year that a cell's column names, or else its row; None where neither names just one."""
    line = table.rows[row]
    texts = (table.columns[column].heading, line.label, *reversed(line.path))
    return next((year for text in texts if (year := _year_of(text)) is not None), None)


@lru_cache(4_096)
def _year_of(text: str) -> int | None:
    years = set(_YEAR.findall(_SPACED.sub(lambda year: year[0].replace(" ", ""), one_line(text))))
    return int(years.pop()) if len(years) == 1 else None


def row_names(table: Table) -> tuple[str, ...]:
    """Return a name of its own for each row: its label, with its sections where another row has the same."""
    return _names([(row.path, row.label) for row in table.rows])


def column_names(table: Table) -> tuple[str, ...]:
    """Return a name of its own for each column: its heading, with its unit where another has the same."""
    alike = Counter(one_line(column.heading) for column in table.columns)
    texts = [
        f"{column.heading} ({column.unit})"
        if column.unit and alike[one_line(column.heading)] > 1
        else column.heading
        for column in table.columns
    ]
    return _names([((), text) for text in texts])


def _names(texts: Sequence[tuple[tuple[str, ...], str]]) -> tuple[str, ...]:
    texts = [(tuple(map(one_line, path)), one_line(text)) for path, text in texts]
    full = [": ".join(part for part in (*path, text) if part) for path, text in texts]
    alike, alike_in_full = Counter(text for _, text in texts), Counter(full)
    seen: Counter[str] = Counter()
    names = []
    for (_, text), whole in zip(texts, full, strict=True):
        name = text if text and alike[text] == 1 else whole
        if not text or (alike[text] > 1 and alike_in_full[whole] > 1):
            seen[whole] += 1
            name = f"{whole} #{seen[whole]}".strip()
        names.append(name)
    return tuple(names)


def words_in_order(label: str) -> tuple[str, ...]:
    """Return the words and numbers of a label, lower case, without the note marks at its end."""
    return tuple(_WORDS.findall(_MARKS_OF_LABEL.sub("", one_line(label)).casefold()))


def one_line(text: str) -> str:
    """Return a text with each run of white space as one space, and without characters that show nothing."""
    return " ".join(_INVISIBLE.sub("", text).split())


def is_reordered(*texts: str) -> bool:
    """Whether a text holds characters that make a reader see its characters in another order."""
    return any(_REORDERS.search(text) for text in texts)


def contradiction(caption: str) -> str:
    """Name the scales or currencies that a caption states for its amounts; empty where it has one of each.

    >>> contradiction("(in millions) (in thousands of euros)")
    'thousands and millions'
    >>> contradiction("(in millions of dollars, shares in thousands)")
    ''
    """
    clauses = [clause for clause in re.split(r"[,;()]|\band\b", caption.lower()) if "share" not in clause]
    for kinds in (_SCALE_WORDS, _CURRENCY_WORDS):
        stated = [name for name, words in kinds.items() if any(re.search(words, each) for each in clauses)]
        if len(stated) > 1:
            return " and ".join(stated)
    return ""


def named_tables(tables: Sequence[Table]) -> dict[str, Table]:
    """Return tables by the names under which programs have them: `t1`, `t2`, …"""
    return {f"t{number}": table for number, table in enumerate(tables, 1)}


@lru_cache(16)  # each candidate and each repair runs over the same tables
def table_record(name: str, table: Table) -> dict[str, JSON]:
    """Return a table as the JSON from which the sandbox makes the object that a program looks figures up in.

    Args:
        name: the variable that the program finds it under.
        table: of which offsets and rectangles stay here: a lookup comes back as row and column.
    """
    return {
        "is": "TableRecord",
        "name": name,
        "title": table.title,
        "caption": table.caption,
        "document": table.document,
        "page": table.page,
        "sheet": table.sheet,
        "unit": table.unit,
        "scale": table.scale,
        "left_out": max(0, table.n_rows - len(table.rows)),
        "columns": [
            [unique, one_line(column.heading)]
            for unique, column in zip(column_names(table), table.columns, strict=True)
        ],
        "rows": [
            [unique, one_line(row.label), [one_line(part) for part in row.path], _cells(table, number)]
            for number, (unique, row) in enumerate(zip(row_names(table), table.rows, strict=True))
        ],
    }


def table_records(tables: Sequence[Table]) -> dict[str, JSON]:
    """Return the records of tables by their names: the inputs of a program."""
    return {name: table_record(name, table) for name, table in named_tables(tables).items()}


def _cells(table: Table, row: int) -> list[JSON]:
    cells: list[JSON] = []
    for column in range(len(table.columns)):
        cell, figure = _cell(table, row, column), cell_figure(table, row, column)
        if cell is None or not cell.text.strip():
            cells.append(None)
        elif figure is None:
            cells.append([one_line(cell.text), None, "", 1, None])
        else:
            cells.append([one_line(cell.text), str(figure.value), figure.unit, figure.scale, figure.period])
    return cells


def checked_column(lookup: JSON, tables: Mapping[str, Table]) -> tuple[Table, int, int] | None:
    """Return the column that a program says it read whole, with the number of its cells; None if it did not.

    Args:
        lookup: table, -1, column, number of cells and line, as a program reports them (untrusted). Of a table
            of which the first rows are here it is the number of rows that the file has.
        tables: by name.
    """
    name, row, column, value, _ = lookup
    table = tables.get(name)
    if table is None or row != -1 or not 0 <= column < len(table.columns):
        return None
    if table.n_rows > len(table.rows):
        return (table, column, table.n_rows) if value == str(table.n_rows) else None
    cells = [row.cells[column] for row in table.rows if column < len(row.cells)]
    filled = sum(bool(cell and cell.text.strip()) for cell in cells)
    return (table, column, filled) if value == str(filled) else None


def checked_lookup(lookup: JSON, tables: Mapping[str, Table]) -> tuple[Table, int, int, Cell] | None:
    """Return the cell that a program says it looked up; None unless it is there and holds that value.

    Args:
        lookup: table, row, column, value and line, as a program reports them (untrusted).
        tables: by name.
    """
    name, row, column, value, _ = lookup
    table = tables.get(name)
    figure = cell_figure(table, row, column) if table is not None else None
    cell = _cell(table, row, column) if table is not None else None
    if table is None or figure is None or cell is None or str(figure.value) != value:
        return None
    return table, row, column, cell
