"""What a question asks for against what a program looked up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.statement import cells

from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Column, Row, Table
from sandreckoner.provenance.asked_figures import doubt
from sandreckoner.reading.table_figures import table_records
from sandreckoner.tools.python import Sandbox

TABLE = Table(
    "annual.pdf",
    page=24,
    unit="USD",
    scale=1_000_000,
    columns=tuple(Column(f"Fiscal {year}") for year in (2024, 2023, 2022)),
    rows=(
        Row("Total revenue (1)", (), cells("900", "800", "700")),
        Row("Operating leases", (), cells("41", "38", "30")),
        Row("Free cash flow", (), cells("80", "70", None)),
        Row("Free cash flow (before dividends)", (), cells("95", "90", None)),
        Row("Land", (), cells("5", "4", "3")),
        Row("Land, buildings, net", (), cells("9", "8", "7")),
        Row("Average headcount", (), cells("612", "590", None), unit="people"),
        Row("Tax rate", (), cells("21.0 %", "20.5 %", None)),
    ),
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(spares=0) as opened:
        yield opened


def told(sandbox: Sandbox, question: str, program: str) -> str:
    execution = sandbox.run(program, inputs=table_records([TABLE]))
    assert execution.ok, execution.error
    return doubt(question, execution, [TABLE])


@pytest.mark.parametrize(
    ("question", "program", "said"),
    [
        (
            "What was the free cash flow in 2024?",
            't1["Free cash flow (before dividends)", 2024]',
            "names t1['Free cash flow'], which was not looked up",
        ),
        (
            "What share of total revenue were operating leases in 2024?",
            't1["Operating leases", 2024] / 900',
            "names t1['Total revenue (1)'], which was not looked up",
        ),
        (
            "By how much did total revenue rise from 2023 to 2024?",
            't1["Total revenue", 2023] - t1["Total revenue", 2022]',
            "asks for 2024, which was not looked up",
        ),
        (
            "What was the average total revenue from 2022 to 2024?",
            '(t1["Total revenue", 2022] + t1["Total revenue", 2024]) / 2',
            "an average from 2022 to 2024 also has 2023",
        ),
        (
            "What was the increase in operating leases from 2023 to 2024?",
            '(t1["Operating leases", 2024] / t1["Operating leases", 2023] - 1) * 100',
            "asks for an amount, not for a percentage",
        ),
        (
            "What was the percentage change in operating leases from 2023 to 2024?",
            't1["Operating leases", 2024] - t1["Operating leases", 2023]',
            "asks for a percentage, not for an amount in USD",
        ),
        (
            "What was the change in operating leases from 2023 to 2024?",
            't1["Operating leases", 2023] - t1["Operating leases", 2024]',
            "is the figure of the later year less that of the earlier one",
        ),
        ("What were the 2024 average operating leases?", 't1["Operating leases", 2024]', "the year before"),
        (
            "How large were the leases in 2024?",
            't1["Operating leases", 2024] / t1["Land", 2024] / t1["Land", 2023] / t1["Land", 2022]',
            "the result is in 1/USD^2, and nothing is measured in that",
        ),
        (
            "Did the operating margin improve in 2024?",
            't1["Operating leases", 2024] > t1["Operating leases", 2023]',
            "margin is operating income divided by revenue, and 'Operating leases' alone was looked up",
        ),
    ],
)
def test_an_answer_to_another_question_is_told(
    sandbox: Sandbox, question: str, program: str, said: str
) -> None:
    assert said in told(sandbox, question, program)


@pytest.mark.parametrize(
    ("question", "program"),
    [
        ("What was the free cash flow in 2024?", 't1["Free cash flow", 2024]'),
        (
            "What was free cash flow (before dividends) in 2024?",
            't1["Free cash flow (before dividends)", 2024]',
        ),
        ("What was the average headcount in 2024?", 't1["Average headcount", 2024]'),
        (
            "What was the change in the tax rate from 2023 to 2024?",
            't1["Tax rate", 2024] - t1["Tax rate", 2023]',
        ),
        (
            "By what percentage did total revenue grow in 2024?",
            '(t1["Total revenue", 2024] / t1["Total revenue", 2023] - 1) * 100',
        ),
        ("What was the average total revenue from 2022 to 2024?", 'sum(t1["Total revenue"]) / 3'),
        ("By what percentage did the percentage tax rate fall?", 't1["Tax rate", 2024] * 2 * 100'),
        (
            "What was the net cost of land, buildings in 2024?",
            't1["Land, buildings, net", 2024]',
        ),
        (
            "By how much did operating leases decrease from 2024 to 2023?",
            't1["Operating leases", 2023] - t1["Operating leases", 2024]',
        ),
        ("How did revenue develop?", 't1["Total revenue", 2024] / t1["Total revenue", 2023]'),
        ("What was the effective tax rate in 2024?", 't1["Tax rate", 2024]'),
        ("What was the margin in 2024?", 't1["Free cash flow", 2024] / t1["Total revenue", 2024]'),
        ("What is 2 + 2?", "2 + 2"),
    ],
)
def test_an_answer_to_the_question_is_not_doubted(sandbox: Sandbox, question: str, program: str) -> None:
    assert told(sandbox, question, program) == ""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (
            '"to report on the results of the year"',
            "“to report on the results of the year” stands in no passage",
        ),
        (
            '["Land, buildings, net", "three new lines of business"]',
            "“three new lines of business” stands in no",
        ),
        ('"acquired a maker of paper cups"', ""),
        ('"Maker of Paper Cups."', ""),
        ('"Free cash flow (before dividends)"', ""),
        ('"no"', ""),
        ("False", ""),
    ],
)
def test_a_text_that_a_program_makes_up_is_told(sandbox: Sandbox, program: str, said: str) -> None:
    execution = sandbox.run(program, inputs=table_records([TABLE]))
    passage = Passage("In May the company acquired a maker of paper cups in Prague.", "annual.pdf")
    found = doubt("What did the company do?", execution, [TABLE], [passage])
    assert found.startswith(said) and bool(found) == bool(said)
