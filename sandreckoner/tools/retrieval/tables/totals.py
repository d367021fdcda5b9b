"""Totals as checksums: which rows are the sum of rows above them, and whether they add up.

Rows that are not part of a total yet wait in order. A row is a total where the last of them add up to it, in
most columns; it then takes their place. In a column in which they do not, the row is marked as not sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.tables.figure_values import figure_value

_NAMED = re.compile(
    r"\b(?:sub)?totals?\b|^(?:net|gross|income|loss|earnings|profit|operating|adjusted|balance)\b", re.I
)
_TOTAL = re.compile(r"\W*(?:sub-?)?total\b", re.IGNORECASE)
_MAX_PARTS = 40
_MAX_ROWS = 400  # a longer table is a list of records, not a statement

Values = tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A row that is part of no total yet, and whether it is one itself."""

    values: Values
    unit: tuple[str, int]


def with_totals(table: Table) -> Table:
    """The table with its totals marked and checked."""
    if len(table.rows) > _MAX_ROWS:
        return table
    waiting: list[_Waiting] = []
    rows = []
    shares = [index for index, column in enumerate(table.columns) if column.unit == "%"]
    for row in table.rows:
        values = tuple(
            figure_value(cell.text) if cell and "%" not in cell.text and index not in shares else None
            for index, cell in enumerate(row.cells)
        )
        unit = (row.unit, row.scale)
        if row.unit == "%" or all(value is None for value in values):
            rows.append(row)
            continue
        found = _parts(values, unit, waiting, row.label)
        if found is not None:
            count, sound = found
            del waiting[len(waiting) - count :]
            row = replace(row, total=True, sound=sound)
        elif _TOTAL.match(row.label):
            row = replace(row, total=True)
        waiting.append(_Waiting(values, unit))
        rows.append(row)
    return replace(table, rows=tuple(rows))


def _parts(
    values: Values, unit: tuple[str, int], waiting: Sequence[_Waiting], label: str
) -> tuple[int, bool] | None:
    """How many of the waiting rows make up a total, and whether they add up in all columns.

    Only what is called a total may be found wrong, in one column of three or more.
    """
    named = not label or _NAMED.search(label) is not None
    best: tuple[int, bool] | None = None
    most = 0
    parts: list[Values] = []
    for row in reversed(waiting[-_MAX_PARTS:]):
        if row.unit != unit:
            break
        parts.insert(0, row.values)
        if len(parts) < 2:
            continue
        for signs in _signs(len(parts)) if named else [(1,) * len(parts)]:
            right, wrong = _compare(values, parts, signs)
            if wrong and not (wrong == 1 < right and min(signs) > 0 and _TOTAL.match(label)):
                continue
            enough = right > 1 or (right == 1 and (named or len(parts) > 2))
            if enough and right > most:
                best, most = (len(parts), wrong == 0), right
    return best


def _signs(n: int) -> Iterator[tuple[int, ...]]:
    """All parts added; the first less all others; all but the last, less the last."""
    yield (1,) * n
    yield (1, *(-1,) * (n - 1))
    if n > 2:
        yield (*(1,) * (n - 1), -1)


def _compare(values: Values, parts: Sequence[Values], signs: Sequence[int]) -> tuple[int, int]:
    """In how many columns the parts add up, and in how many they do not. Sums are of rounded figures."""
    right: list[int] = []
    wrong: list[int] = []
    for column, value in enumerate(values):
        figures = [
            sign * part for sign, row in zip(signs, parts, strict=True) if (part := row[column]) is not None
        ]
        if value is None or not figures:
            continue
        exponent = min(_exponent(figure) for figure in (value, *figures))
        off = abs(sum(figures, Decimal(0)) - value)
        fits = off <= Decimal(1).scaleb(exponent) * max(1, len(figures) // 3)
        (right if fits else wrong).append(exponent)
    # A column with other decimals holds rates or prices, which do not add up.
    return len(right), sum(exponent in right for exponent in wrong) if right else len(wrong)


def _exponent(figure: Decimal) -> int:
    """The place of the last digit: -2 for hundredths; never above units."""
    exponent = figure.as_tuple().exponent
    return min(0, exponent) if isinstance(exponent, int) else 0
