"""A number taken from the wrong year's column is found, and the slip is reported."""

from __future__ import annotations

import pytest

from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import trace_numbers

TABLE = "| In millions | 2023 | 2022 |\n|---|---:|---:|\n| Operating income | 119.5 | 108.7 |\n"
QUESTION = "By how much did operating income grow?"


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
