"""A number taken from another year's column or another item's row than its variable says is told."""

from __future__ import annotations

import pytest

from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import trace_numbers

TABLE = "| In millions | 2023 | 2022 |\n|---|---:|---:|\n| Operating income | 119.5 | 108.7 |\n"
QUESTION = "By how much did operating income grow?"

RESULTS = """| | 2023 | 2022 |
|---|---|---|
| Net sales | 512.3 | 498.1 |
| Operating income | 108.7 | 99.5 |
| Net income | 81.2 | 77.4 |
"""
LINES = """Years ended 2024 2023
Total revenue 512.3 498.1
Cost of revenue 300.2 290.1
Gross profit 212.1 208.0
"""
REGIONS = """| Region | Sales | Costs |
|---|---|---|
| Europe | 512.3 | 410.2 |
| Asia | 318.7 | 255.5 |
"""


def note(page: str, name: str, value: str, question: str = "How did it go?") -> str:
    passage = Passage(page, "report.md", 1, 0, len(page))
    (source,) = trace_numbers(f"{name} = {value}\nanswer = {name}", question, [passage])
    assert source.origin == "passage"
    return source.note


@pytest.mark.parametrize(
    ("program", "slips"),
    [
        ("operating_income_2024 = 108.7\nanswer = operating_income_2024", True),
        ("operating_income_2022 = 108.7\nanswer = operating_income_2022", False),
        ("operating_income = 108.7\nanswer = operating_income", False),
        ("change_2023_to_2022 = 108.7\nanswer = change_2023_to_2022", False),
    ],
)
def test_a_slip_of_the_year_is_said(program: str, slips: bool) -> None:
    (source,) = trace_numbers(program, QUESTION, (Passage(TABLE, "report.md", 1, 0, len(TABLE)),))
    assert source.origin == "passage"
    assert ("but the program calls it 2024" in source.note) == slips


@pytest.mark.parametrize(
    ("page", "name", "value", "label"),
    [
        (RESULTS, "net_sales_2023", "108.7", "row “Net sales”"),
        (RESULTS, "net_income", "108.7", "row “Net income”"),
        (RESULTS, "sales", "81.2", "row “Net sales”"),
        (LINES, "gross_profit_2024", "300.2", "row “Gross profit”"),
        (LINES, "cost_of_revenue_2023", "208.0", "row “Cost of revenue”"),
        (REGIONS, "sales_asia", "512.3", "row “Asia”"),
        (REGIONS, "costs_europe", "512.3", "column “Costs”"),
    ],
)
def test_a_slip_of_the_row_is_said(page: str, name: str, value: str, label: str) -> None:
    assert f"but the program calls it by the {label}" in note(page, name, value)


@pytest.mark.parametrize(
    ("page", "name", "value"),
    [
        (RESULTS, "net_sales_2023", "512.3"),
        (RESULTS, "income", "108.7"),
        (RESULTS, "income_2023", "81.2"),
        (RESULTS, "profit", "81.2"),
        (RESULTS, "x", "512.3"),
        (LINES, "revenue_2024", "512.3"),
        (LINES, "total_cost", "300.2"),
        (LINES, "gross_margin_numerator", "212.1"),
        (REGIONS, "sales_europe", "512.3"),
        (REGIONS, "asia_costs", "255.5"),
    ],
)
def test_what_the_name_leaves_open_is_no_slip(page: str, name: str, value: str) -> None:
    assert "but the program" not in note(page, name, value)
