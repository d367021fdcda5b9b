"""Questions for a percentage, a ratio or an amount, and programs that answer them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.statement import STATEMENT

from sandreckoner.core.execution import Execution
from sandreckoner.reading.asked_unit import in_asked_unit
from sandreckoner.reading.programs import read_result
from sandreckoner.reading.table_figures import table_records
from sandreckoner.tools.python import Sandbox

FIGURES = """
a, b = t1["Net sales", 2024], t1["Net sales", 2023]
cost, rate = t1["Cost of sales", 2024], t1["Effective tax rate", 2024]
eps, shares = t1["Diluted", 2024], t1["Weighted-average shares: Basic", 2024]
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(spares=0) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "program", "found"),
    [
        ("What percentage of net sales was cost of sales in 2024?", "-cost / a", "60.9843081312411 %"),
        ("What per cent of sales is cost?", "-cost / a", "60.9843081312411 %"),
        ("By how many % did net sales grow?", "(a - b) / b", "5.81132075471698 %"),
        ("What share of net sales was cost of sales?", "-cost / a", "60.9843081312411 %"),
        ("What was the gross margin in 2024?", "(a + cost) / a", "39.0156918687589 %"),
        ("What was the growth of net sales?", "a / b - 1", "5.81132075471698 %"),
        ("What was the effective tax rate, of sales?", "rate / 100 * b / a", "0.203191868758916"),
        ("What is the ratio (in percent) of cost to sales?", "-cost / a", "60.9843081312411 %"),
        ("What percentage is it?", "round(-cost / a, 2)", "61 %"),
        ("What percentage is it in each year?", "{2024: a / a, 2023: b / a}", "{2024: 100 %, 2023: 94.507"),
        ("Which percentages?", "[a / a, -(b / a)]", "[100 %, -94.507"),
        ("How much larger in percent?", "a / eps / shares", "1,776.0886"),
        # What is in hundredths already, or no quotient of like figures, stays as it is.
        ("What percentage of net sales was cost of sales in 2024?", "-cost / a * 100", "60.9843081312411 %"),
        ("What percentage of net sales was cost of sales in 2024?", "-cost / (a / 100)", "60.9843081312411"),
        ("What percentage was the effective tax rate?", "rate", "21.5 %"),
        ("What percentage?", "a", "$8,412 million"),
        ("What percentage?", "float(cost) / float(a)", "-0.609843081312411"),
        ("What percentage?", "'about half'", "about half"),
        # A ratio, a proportion and a multiple stay one.
        ("What is the ratio of cost to sales?", "-cost / a", "0.609843081312411"),
        ("What is the ratio of the gross margin to sales?", "(a + cost) / a", "0.390156918687589"),
        ("How many times did sales cover cost?", "a / -cost", "1.63976608187135"),
        ("What is the proportion of cost over sales?", "-cost / a", "0.609843081312411"),
        ("What is the ratio of the 5% notes to sales?", "-cost / a", "0.609843081312411"),
        ("By how many percentage points did it change?", "-cost / a", "0.609843081312411"),
        ("What was the growth of net sales in millions?", "a - b", "$462 million"),
    ],
)
def test_a_quotient_has_the_unit_that_is_asked_for(
    sandbox: Sandbox, question: str, program: str, found: str
) -> None:
    execution = sandbox.run(FIGURES + program, inputs=table_records([STATEMENT]))
    assert execution.ok, execution.error
    assert str(read_result(in_asked_unit(execution, question, program))).startswith(found)


def test_it_stays_exact(sandbox: Sandbox) -> None:
    execution = sandbox.run(FIGURES + "(a - b) / b", inputs=table_records([STATEMENT]))
    value = in_asked_unit(execution, "By what percentage?", "(a - b) / b").value
    assert value["exact"] == "308/53"
    assert value["unit"] == "%"
    assert value["number"] == pytest.approx(5.81132075471698)
    assert value["sources"] == execution.value["sources"]


@pytest.mark.parametrize("exact", ["1/0", "1e999999999", "", None, 7, "1/2/3"])
def test_what_a_program_makes_up_is_left_alone(exact: Any) -> None:
    made_up = Execution(
        "ok", {"type": "Figure", "unit": "ratio", "text": "0.5", "number": 0.5, "exact": exact}
    )
    assert in_asked_unit(made_up, "What percentage?", "") == made_up
