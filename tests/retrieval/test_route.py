"""Questions that name a company or a year are led to its reports; others are not led astray."""

from __future__ import annotations

import pytest

from sandreckoner.tools.retrieval.document_routing import date_bonus, named_sources

FILES = (
    "BESTBUY_2023_10K.pdf",
    "BOEING_2022_10K.pdf",
    "JOHNSON_JOHNSON_2022_10K.pdf",
    "MGMRESORTS_2023Q2_10Q.pdf",
    "notes.md",
    "sales.csv",
    "annual_report_2021.pdf",
    "corvane_2023_annual_report.md",
    "corvane_2024_annual_report.md",
)


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("Are Best Buy's margins consistent?", ["BESTBUY"]),
        ("What drove JnJ's growth?", ["JOHNSON"]),
        ("Which debt did MGM invest in?", ["MGM"]),
        ("How did Boeing's tax rate compare to Corvane's?", ["BOEING", "corvane", "corvane"]),
        ("What was the operating margin in 2023?", []),
        ("What does the annual report say?", []),
        ("Who wrote these notes?", []),
        ("How high were sales of Boeing?", ["BOEING"]),
        ("How high were sales in 2023?", []),
        ("", []),
    ],
)
def test_the_company_that_is_named(question: str, begins: list[str]) -> None:
    found = named_sources(question, FILES)
    assert [source[: len(begin)] for source, begin in zip(found, begins, strict=True)] == begins


def test_a_report_of_the_year_counts_more_than_the_one_after_and_that_more_than_none() -> None:
    question = "What was revenue in FY2023?"
    own = date_bonus(question, "corvane_2023_annual_report.md")
    after = date_bonus(question, "corvane_2024_annual_report.md")
    other = date_bonus(question, "corvane_2019_annual_report.md")
    assert own > after > other == 0
    assert date_bonus("What was revenue?", "corvane_2023_annual_report.md") == 0


def test_a_report_that_has_both_years_counts_more() -> None:
    question = "How did revenue change from 2023 to 2024?"
    assert date_bonus(question, FILES[-1]) > date_bonus(question, FILES[-2])


def test_the_quarter_counts() -> None:
    question = "Sales in Q2 of FY2023"
    assert date_bonus(question, "A_2023Q2_10Q.pdf") > date_bonus(question, "A_2023Q4_EARNINGS.pdf")


def test_the_quarter_may_be_a_word_and_a_whole_year_prefers_its_annual_report() -> None:
    question = "Sales in the third quarter of 2023"
    assert date_bonus(question, "A_2023Q3_10Q.pdf") > date_bonus(question, "A_2023Q2_10Q.pdf")
    assert date_bonus("Sales in FY2022", "A_2022_10K.pdf") > date_bonus(
        "Sales in FY2022", "A_2022Q4_EARNINGS.pdf"
    )


@pytest.mark.parametrize(
    ("question", "own", "other"),
    [
        ("Sales of 2023 in the 10-K", "A_2023_10K.pdf", "A_2023_8K_dated-2023-08-30.pdf"),
        ("What does the 8K of 2023 say?", "A_2023_8K_dated-2023-08-30.pdf", "A_2023_10K.pdf"),
        ("Sales in the 2023 earnings release", "A_2023Q4_EARNINGS.pdf", "A_2023_10K.pdf"),
        ("Sales in the quarterly report of Q2 2023", "A_2023Q2_10Q.pdf", "A_2023Q2_EARNINGS.pdf"),
    ],
)
def test_the_kind_of_report_counts(question: str, own: str, other: str) -> None:
    assert date_bonus(question, own) > date_bonus(question, other)
