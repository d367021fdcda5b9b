"""Programs with a number that nobody gave: a factor, an exponent, a step of a loop, a digit more or less."""

from __future__ import annotations

import pytest

from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import trace_result, unsourced

QUESTION = "By how much did net sales of 512.5 million rise over costs of 498.25 million?"
REPORT = """(in millions)
| | 2023 | 2022 |
|---|---|---|
| Net sales | 512.5 | 498.25 |
| Operating income | 108.7 | 99.5 |
| Employees | 1,204 | 1,150 |
The group opened 14 sites in 2023, and its tax rate was 21.5 percent.
"""
INVENTED = [
    "answer = 512.5 * 1.07",
    "answer = 512.5 ** 3",
    "answer = 512.5 ** 2",
    "answer = 512.5 ** 0.5",
    "answer = 512.5 / 8",
    "answer = 512.5 / 2",
    "answer = 512.5 * 0.5",
    "answer = 512.5 * 100",
    "answer = 512.5 * 1000",
    "answer = 512.5 / 1000",
    "answer = 512.5 - 45.2",
    "answer = 512.5 + 7",
    "answer = 512.5 * (1 + 0.07)",
    "answer = 512.5 * 12",
    "answer = 512.5 / 365",
    "answer = 512.5 * 4",
    "answer = round(512.5 * 0.9, 2)",
    "rate = 0.05\nanswer = 512.5 * rate",
    "growth = 7\nanswer = 512.5 * (1 + growth / 100)",
    "years = 5\nanswer = (512.5 / 498.25) ** (1 / years) - 1",
    "x = [512.5, 498.25, 477.1]\nanswer = sum(x)",
    'd = {"sales": 512.5, "other": 33.1}\nanswer = d["sales"] - d["other"]',
    "def f(x, r=0.21):\n    return x * r\nanswer = f(512.5)",
    "answer = 512.5 if 512.5 > 300 else 0",
    "answer = max(512.5, 611.9)",
    "answer = 512.5 - sum(range(10))",
    "answer = 512.5 // 7",
    "answer = 512.5 % 13",
    "answer = pow(512.5, 1.5)",
    "answer = 512.5 * 3.14159",
    'answer = 512.5 - int("45")',
    'answer = f"{512.5:.1f} million and 45.2"',
    'answer = "45.2 million"',
    "answer = 452e-1",
    "answer = 45_200 / 1_000",
    "answer = -45.2",
    "answer = 512.5 + 1e3",
    "answer = 512.6 - 498.25",
    "answer = 521.5 - 498.25",
    "answer = 5125 - 498.25",
    "answer = 51.25 - 4.9825",
    "answer = 0.5125",
    "answer = 45",
    "for i in range(37):\n    x = i\nanswer = x",
    "i = 0\nwhile i < 45:\n    i += 1\nanswer = i",
    "answer = (lambda v: v * 1.3)(512.5)",
    "answer = [10, 20, 45][2]",
    "from datetime import date\nanswer = (date(2023, 5, 17) - date(2021, 1, 1)).days",
    "import math\nanswer = math.floor(45.9)",
    "answer = 512.5 - 498.25 + 0.8",
    "answer = complex(512.5, 45.2).imag",
    "answer = 512.5 * 3 / 7",
    "margin = 12.5\nanswer = margin",
    "answer = 999",
]


@pytest.mark.parametrize("program", INVENTED)
def test_over_a_question(program: str) -> None:
    assert unsourced(trace_result(program, "45.2", QUESTION))


@pytest.mark.parametrize("program", INVENTED)
def test_over_a_report(program: str) -> None:
    passage = Passage(REPORT, "report.md", 1, 0, len(REPORT))
    assert unsourced(trace_result(program, "45.2", "By how much did net sales rise?", [passage]))
