"""Tables travel as JSON and come back as they were."""

from __future__ import annotations

import json

import pytest

from sandreckoner.core.errors import JournalError
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import dumps, from_json, to_json
from sandreckoner.core.table import Cell, Column, Row, Table

TABLE = Table(
    document="annual.pdf",
    page=3,
    title="Consolidated Statements of Income",
    caption="(in millions, except per share amounts)",
    unit="USD",
    scale=1_000_000,
    columns=(Column("Year ended December 31, 2024"), Column("Change (%)", unit="%")),
    rows=(
        Row("Products", ("Revenue",), (Cell("$ 1,234", 10, 17, (72.0, 500.5, 110.0, 510.0)), None)),
        Row(
            "Total revenue",
            ("Revenue",),
            (Cell("(42.7)", 20, 26, page=4), Cell("—")),
            total=True,
            sound=False,
        ),
        Row('"]) ; import os # {x}', unit="USD/share"),
    ),
    start=5,
    end=900,
    statement="income statement",
)


def test_a_table_comes_back_from_json_as_it_was() -> None:
    assert from_json(json.loads(dumps(to_json(TABLE)))) == TABLE


def test_a_problem_carries_its_tables() -> None:
    problem = Problem("What was the revenue?", tables=(TABLE,))
    assert from_json(json.loads(dumps(to_json(problem)))) == problem


def test_a_field_that_is_not_ours_is_refused() -> None:
    with pytest.raises(JournalError, match="'formula'"):
        from_json({"is": "Cell", "text": "1", "formula": "=1+1"})
