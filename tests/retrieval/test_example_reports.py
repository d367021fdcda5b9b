"""The two example reports agree with themselves and with each other, to the last digit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "data"
YEARS = (2023, 2024)


def amount(cell: str) -> Decimal | None:
    text = cell.strip().strip("*").replace(",", "")
    if text in ("", "–"):
        return Decimal(0) if text else None
    return -Decimal(text[1:-1]) if text.startswith("(") else Decimal(text)


def tables(year: int) -> list[dict[str, list[Decimal | None]]]:
    """The tables of a report: label to amounts, this year's first."""
    found: list[dict[str, list[Decimal | None]]] = []
    inside = False
    for line in (FOLDER / f"corvane_{year}_annual_report.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif not inside:
            found.append({})
            inside = True
        elif not line.startswith("|---"):
            found[-1][cells[0].strip("*")] = [amount(cell) for cell in cells[1:]]
    return found


def with_row(year: int, label: str) -> dict[str, list[Decimal | None]]:
    return next(table for table in tables(year) if label in table)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("column", [0, 1])
def test_the_income_statement_adds_up(year: int, column: int) -> None:
    row = {label: cells[column] for label, cells in with_row(year, "Net income").items()}
    assert row["Product revenue"] + row["Service revenue"] == row["Total revenue"]
    assert row["Total revenue"] - row["Cost of revenue"] == row["Gross profit"]
    costs = ("Research and development", "Sales and marketing", "General and administrative")
    costs += ("Amortization of acquired intangibles", "Restructuring")
    assert sum(row[label] for label in costs) == row["Total operating expenses"]
    assert row["Gross profit"] - row["Total operating expenses"] == row["Operating income"]
    before_tax = row["Operating income"] + row["Interest expense"] + row["Other income, net"]
    assert before_tax == row["Income before income taxes"]
    assert before_tax - row["Provision for income taxes"] == row["Net income"]
    per_share = row["Net income"] / row["Weighted-average diluted shares"]
    assert round(per_share, 2) == row["Diluted earnings per share (dollars)"]


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("column", [0, 1])
def test_the_balance_sheet_balances(year: int, column: int) -> None:
    sheet = with_row(year, "Total assets")
    labels = list(sheet)

    def total_of(first: str, last: str) -> Decimal:
        chosen = labels[labels.index(first) : labels.index(last)]
        cells = [sheet[label][column] for label in chosen if not label.startswith("Total")]
        return sum((cell for cell in cells if cell is not None), Decimal(0))

    assert total_of("Assets", "Total assets") == sheet["Total assets"][column]
    assert total_of("Liabilities", "Total liabilities") == sheet["Total liabilities"][column]
    equity = sheet["Total shareholders' equity"][column]
    assert total_of("Shareholders' equity", "Total shareholders' equity") == equity
    assert sheet["Total liabilities"][column] + equity == sheet["Total assets"][column]


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("column", [0, 1])
def test_the_cash_flows_explain_the_cash(year: int, column: int) -> None:
    flows = {label: cells[column] for label, cells in with_row(year, "Dividends paid").items()}
    labels = list(flows)
    for kind, net in (("Operating", "from"), ("Investing", "used in"), ("Financing", "used in")):
        first, last = f"{kind} activities", f"Net cash {net} {kind.lower()} activities"
        chosen = labels[labels.index(first) + 1 : labels.index(last)]
        assert sum(flows[label] for label in chosen) == flows[last]
    start, end = flows["Cash and cash equivalents at start of year"], with_row(year, "Total assets")
    assert start + flows["Net decrease in cash"] == end["Cash and cash equivalents"][column]


@pytest.mark.parametrize("year", YEARS)
def test_every_other_table_adds_up(year: int) -> None:
    totals = {
        "Total revenue", "Total segment operating income", "Total employees", "Total inventories",
        "Total debt", "Total price",
    }  # fmt: skip
    checked = 0
    for table in tables(year):
        label = next((label for label in table if label in totals), None)
        if label is None or "Net income" in table:
            continue
        above = list(table)[: list(table).index(label)]
        for column, cell in enumerate(table[label]):
            assert sum(table[name][column] for name in above) == cell, (label, column)
        checked += 1
    assert checked >= 6


def test_last_year_in_the_later_report_is_this_year_in_the_earlier() -> None:
    earlier = {tuple(table): table for table in tables(2023)}
    shared = 0
    for table in tables(2024):
        for label, cells in earlier.get(tuple(table), {}).items():
            assert cells[0] == table[label][1], label
            shared += 1
    assert shared > 80


def test_the_example_shows_each_figure_with_its_cell(tmp_path: Path) -> None:
    program = '```python\ndef solution():\n    a, b = t1["Total revenue", 2024], t1["Total revenue", 2023]\n'
    replies = tmp_path / "replies.json"
    replies.write_text(json.dumps([f"{program}    return (b - a) / a * 100\n```"] * 4), encoding="utf-8")
    report = FOLDER / "corvane_2024_annual_report.md"
    example = [sys.executable, "-W", "ignore", str(FOLDER.parent / "annual_report.py"), str(report)]
    done = subprocess.run(
        [*example, "--model", f"scripted:{replies}"],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "A: -9.37716863289382 %" in done.stdout
    assert "looked up in t1: Total revenue, 2024; USD, million" in done.stdout
    assert "look again: subtracts 2024 from 2023, the later from the earlier" in done.stdout
    start, end = map(int, re.findall(r"characters (\d+)-(\d+)", done.stdout)[0])
    assert report.read_text(encoding="utf-8")[start:end].strip() == "1,152.8"
