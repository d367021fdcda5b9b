"""What the cells of a table say, how its rows are named, and which lookups a table bears out."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.statement import STATEMENT

from sandreckoner.core.table import Cell, Column, Row, Table
from sandreckoner.reading.table_figures import (
    CellFigure,
    cell_figure,
    checked_lookup,
    column_names,
    named_tables,
    row_names,
    table_record,
)


def one(text: str, *, row: Row | None = None, column: Column | None = None, **of_table: Any) -> Any:
    line = row or Row("Sales")
    table = Table(
        "d.md",
        columns=(column or Column("Total"),),
        rows=(Row(line.label, line.path, (Cell(text),), line.unit, line.scale),),
        **of_table,
    )
    return cell_figure(table, 0, 0)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("(42.7)", "-42.7", ""),
        ("$ 1,234", "1234", "USD"),
        ("$(1,234)", "-1234", "USD"),
        ("$ (42.7 )", "-42.7", "USD"),
        ("( 42.7 )", "-42.7", ""),
        ("−7", "-7", ""),
        ("42.7-", "-42.7", ""),
        ("(3.2)%", "-3.2", "%"),
        ("(3.2%)", "-3.2", "%"),
        ("12.5 %", "12.5", "%"),
        ("—", "0", ""),
        ("$ —", "0", ""),
        ("1,234 (1)", "1234", ""),
        ("1,234(a)", "1234", ""),
        ("1,234*", "1234", ""),
        ("€ 3.5", "3.5", "EUR"),
        ("US$ 5", "5", "USD"),
        ("USD 5", "5", "USD"),
        ("1.234,56", "1234.56", ""),
        ("5 years", "5", "years"),
        ("1 day", "1", "days"),
        ("2.4x", "2.4", "ratio"),
        ("0.05", "0.05", ""),
    ],
)
def test_a_cell_states_a_figure(text: str, value: str, unit: str) -> None:
    assert one(text) == CellFigure(Fraction(value), unit)


@pytest.mark.parametrize(
    "text", ["", "n/a", "Note 5", "3-5", "12/31/2019", "10-Q", "Level 3", "(a)", "5 of 7"]
)
def test_words_are_no_figure(text: str) -> None:
    assert one(text) is None


def test_a_scale_word_in_the_cell_is_its_own() -> None:
    assert one("$1.2 million", scale=1_000) == CellFigure(Fraction("1.2"), "USD", 1_000_000)


def test_marks_of_the_cell_then_row_then_column_then_table() -> None:
    table = {"unit": "USD", "scale": 1_000_000}
    assert one("5", **table) == CellFigure(Fraction(5), "USD", 1_000_000)
    assert one("5", column=Column("Change", "%"), **table) == CellFigure(Fraction(5), "%", 1)
    assert one("5", row=Row("Shares", unit="shares", scale=1_000), **table).scale == 1_000
    assert one("$ 2.31", row=Row("EPS", unit="USD/share"), **table) == CellFigure(
        Fraction("2.31"), "USD/share"
    )
    assert one("5 %", row=Row("Rate", unit="USD"), **table) == CellFigure(Fraction(5), "%", 1)
    assert one("€ 5", **table) == CellFigure(Fraction(5), "EUR", 1_000_000)
    assert one("5", column=Column("In thousands", scale=1_000), **table).scale == 1_000


def test_a_currency_sign_counts_for_its_row() -> None:
    table = Table(
        "d", columns=(Column("2020"), Column("2019")), rows=(Row("A", (), (Cell("$ 5"), Cell("4"))),)
    )
    assert cell_figure(table, 0, 1) == CellFigure(Fraction(4), "USD", 1, 2019)


def test_the_year_is_that_of_the_column_or_else_of_the_row() -> None:
    assert one("5", column=Column("Three months ended June 30, 2019")).period == 2019
    assert one("5", column=Column("2019 vs. 2018")).period is None
    assert one("5", row=Row("2018")).period == 2018


def test_names_are_unique_and_the_labels_where_they_are() -> None:
    assert row_names(STATEMENT)[3:6] == (
        "Earnings per share: Basic",
        "Diluted",
        "Weighted-average shares: Basic",
    )
    table = Table("d", columns=(Column(""), Column("")), rows=(Row(""), Row("A"), Row("A"), Row("", ("B",))))
    assert row_names(table) == ("#1", "A #1", "A #2", "B #1")
    assert column_names(table) == ("#1", "#2")


@given(
    st.lists(st.tuples(st.sampled_from(["", "A", "B", "A: B"]), st.sampled_from(["", "A", "B"])), max_size=9)
)
def test_names_that_are_not_blank_are_never_lost(rows: list[tuple[str, str]]) -> None:
    table = Table("d", rows=tuple(Row(label, (section,) if section else ()) for section, label in rows))
    assert len(row_names(table)) == len(rows)
    assert all(row_names(table))


def test_a_record_is_json_without_places() -> None:
    record = json.loads(json.dumps(table_record("t1", STATEMENT)))
    assert record["rows"][0][3][0] == ["$ 8,412", "8412", "USD", 1_000_000, 2024]
    assert record["rows"][8][3] == [["Northwell LLP", None, "", 1, None], ["n/a", None, "", 1, None], None]
    assert "start" not in json.dumps(record)


@pytest.mark.parametrize(
    "lookup",
    [
        ["t1", 0, 0, "8413", 1],
        ["t1", 0, 5, "8412", 1],
        ["t1", 99, 0, "8412", 1],
        ["t1", -9, 0, "8412", 1],
        ["t2", 0, 0, "8412", 1],
        ["t1", 6, 2, "0", 1],
        ["t1", 8, 0, "Northwell LLP", 1],
    ],
)
def test_a_lookup_that_the_table_does_not_bear_out_is_none(lookup: list[Any]) -> None:
    assert checked_lookup(lookup, named_tables([STATEMENT])) is None


def test_a_true_lookup_is_its_cell() -> None:
    found = checked_lookup(["t1", 1, 0, "-5130", 1], named_tables([STATEMENT]))
    assert found is not None
    assert found[3] == Cell("(5,130)", 150, 157)
