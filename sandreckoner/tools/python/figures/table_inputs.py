"""Tables that the host sends to a program: each record becomes the table itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandreckoner.tools.python.figures.figure import figure
from sandreckoner.tools.python.figures.long_columns import LongTable, max_of, min_of, sum_of
from sandreckoner.tools.python.figures.table_labels import Label
from sandreckoner.tools.python.figures.table_objects import Table

_RECORD = "TableRecord"
_FINDER = "tables"  # the host function that gives tables


def hydrated(value: Any) -> Any:
    """What the host sent, with each record of a table, alone or in a list, as the table itself."""
    if type(value) is list:
        return [_table(item) if _is_record(item) else item for item in value]
    return _table(value) if _is_record(value) else value


def with_tables(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a program, tables made, and beside tables what programs need for typed numbers.

    The texts that hold the columns of a long table become part of it; `sum` and such then know long columns.
    """
    made = {name: hydrated(value) for name, value in inputs.items()}
    tables = {name: value for name, value in made.items() if type(value) is Table}
    if _FINDER in made or tables:
        made.setdefault("figure", figure)
    for name, table in tables.items():
        table._beside = tuple(other for other in tables.values() if other is not table)
        if (about := inputs[name].get("long")) is not None:
            names = [about["labels"], *(column["text"] for column in about["columns"] if column)]
            table._long = LongTable(table._name, about, {each: made.pop(each) for each in names})
            made = {"sum": sum_of, "min": min_of, "max": max_of, **made}
    return made


def _is_record(value: Any) -> bool:
    return type(value) is dict and value.get("is") == _RECORD


def _table(record: Mapping[str, Any]) -> Table:
    made: Table = object.__new__(Table)
    made._name, made._long, made._beside = record["name"], None, ()
    made._about = {
        key: record[key] for key in ("title", "caption", "document", "page", "unit", "scale", "left_out")
    }
    made._columns = tuple(Label(name, text, (text,)) for name, text in record["columns"])
    made._rows = tuple(
        Label(name, text, (*filter(None, path), text) if text else tuple(path))
        for name, text, path, _ in record["rows"]
    )
    made._cells = tuple(tuple(map(_frozen, cells)) for _, _, _, cells in record["rows"])
    return made


def _frozen(cell: Any) -> tuple[Any, ...] | None:
    return None if cell is None else tuple(cell)
