"""All rows of a long table for programs: beside its record, each column follows as a text, one line a row.

A record holds the first 10,000 rows, which is what a strategy, its journal and the host know of the table.
The columns join it on its way into the sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.environment import Interpreter
from sandreckoner.core.execution import JSON, Execution
from sandreckoner.core.redaction import Redact
from sandreckoner.tools.retrieval.tables.whole_tables import WholeColumn, WholeTable

_MOST_DECIMALS = 9
_EXACT = 10.0**15  # up to here a float stands for one decimal number


class HasWholeTables(Protocol):
    """A library that has files by columns."""

    def whole_table(self, source: str, sheet: str = "") -> WholeTable | None: ...


class LongTables:
    """An interpreter whose programs have all rows of long tables; otherwise it is the one that it wraps.

    It is for one question: it keeps the file that it read last, which may change later.
    """

    def __init__(
        self, interpreter: Interpreter, library: HasWholeTables, redact: Redact | None = None
    ) -> None:
        """Wrap an interpreter.

        Args:
            interpreter: runs the programs.
            library: has the files.
            redact: masks personal data in labels and texts, never in columns of numbers; None for none.
        """
        self._interpreter, self._redact = interpreter, redact
        self._whole_table = lru_cache(1)(library.whole_table)

    def perform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        """Run it, with all rows."""
        return self._interpreter.perform(self._with_rows(effect), timeout_s=timeout_s)

    async def aperform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        """The same."""
        return await self._interpreter.aperform(self._with_rows(effect), timeout_s=timeout_s)

    def _with_rows(self, effect: Run | Resume) -> Run | Resume:
        if not isinstance(effect, Run):
            return effect
        inputs = dict(effect.inputs)
        for name, record in effect.inputs.items():
            if isinstance(record, dict) and record.get("is") == "TableRecord" and record["left_out"]:
                whole = self._whole_table(record["document"], record["sheet"])
                if whole is not None and whole.n_rows == record["left_out"] + len(record["rows"]):
                    inputs |= _masked(with_columns(name, record, whole), name, self._redact)
        return replace(effect, inputs=inputs) if len(inputs) > len(effect.inputs) else effect


def _masked(inputs: dict[str, JSON], name: str, redact: Redact | None) -> dict[str, JSON]:
    if not inputs or redact is None:
        return inputs
    long = inputs[name]["long"]
    texts = {long["labels"], *(each["text"] for each in long["columns"] if each and each["power"] is None)}
    return {key: redact(value) if key in texts else value for key, value in inputs.items()}


def with_columns(name: str, record: Mapping[str, JSON], whole: WholeTable) -> dict[str, JSON]:
    """Return the inputs that replace a record: itself, and the texts of its columns; nothing if they differ.

    Args:
        name: of the table.
        record: as `reading.table_figures.table_record` makes it.
        whole: the same table with all its rows.
    """
    labels, *columns = whole.columns
    columns = [column for column in columns if column.heading or any(map(bool, column.values))]
    if len(columns) != len(record["columns"]):
        return {}
    texts = {f"{name}.labels": "\n".join(map(str, labels.values.tolist()))}
    about: list[JSON] = []
    for place, column in enumerate(columns):
        cells = [row[3][place] for row in record["rows"] if row[3][place] is not None]
        read = _as_text(column, cells)
        if read is not None:
            at, text = f"{name}.column{place}", read.pop("text")
            texts[at], read["text"] = text, at
        about.append(read)
    long = {"rows": whole.n_rows, "labels": f"{name}.labels", "columns": about}
    return {name: {**record, "long": long}, **texts}


def _as_text(column: WholeColumn, cells: list[JSON]) -> dict[str, JSON] | None:
    """A column as a text, by how much its numbers are multiplied there, and the unit, scale and year of all.

    None where some cells are figures and others texts, where they have several units, or where a number has
    more digits than a float holds.
    """
    import numpy as np

    figures = [cell for cell in cells if cell[1] is not None]
    if column.kind in ("text", "date"):
        text = "\n".join("" if line == "NaT" else line for line in map(str, column.values.tolist()))
        return None if figures else {"text": text, "power": None, "unit": "", "scale": 1, "period": None}
    units = {(unit, scale) for _, _, unit, scale, _ in figures}
    if len(units) != 1 or len(figures) < len(cells):
        return None
    ((unit, scale),) = units
    periods = {cell[4] for cell in figures}
    values = column.values.astype(np.float64)
    blank = np.isnan(values)
    for power in (10**decimals for decimals in range(_MOST_DECIMALS + 1)):
        counted = np.rint(values * power)
        if bool(np.any(np.abs(counted) >= _EXACT)):
            return None
        if bool(np.all(blank | (counted / power == values))):
            numbers = np.where(blank, 0, counted).astype(np.int64).tolist()
            text = "\n".join("" if empty else str(each) for each, empty in zip(numbers, blank, strict=True))
            period = periods.pop() if len(periods) == 1 else None
            return {"text": text, "power": power, "unit": unit, "scale": scale, "period": period}
    return None
