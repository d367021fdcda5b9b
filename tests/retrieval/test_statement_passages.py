"""A question about a figure is first shown the statement that it implies, of the right report."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandreckoner.core.effects import Search
from sandreckoner.core.problem import Passage
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary, open_library
from sandreckoner.tools.retrieval.search import SearchOptions

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
LAST, BEFORE = "corvane_2024_annual_report.md", "corvane_2023_annual_report.md"


def found(question: str, *, statements: bool = True, k: int = 6) -> tuple[Passage, ...]:
    library: MemoryLibrary = open_library(EXAMPLES, options=SearchOptions(statements=statements))
    return library.search(Search(question, k))


@pytest.mark.parametrize(
    ("question", "source", "says"),
    [
        ("How liquid was Corvane in 2024, by its quick ratio?", LAST, "Total current assets"),
        ("How liquid was Corvane in FY2023, by its quick ratio?", BEFORE, "Total current assets"),
        ("What capex did Corvane have in 2024?", LAST, "investing activities"),
    ],
)
def test_the_statement_comes_first(question: str, source: str, says: str) -> None:
    first = found(question)[0]
    assert first.source == source and says in first.text


def test_the_others_follow_in_their_order_each_once() -> None:
    question = "What was the inventory turnover in 2024?"
    with_them, without = found(question, k=40), found(question, statements=False, k=40)
    places = [(each.source, each.start) for each in with_them]
    assert len(set(places)) == len(places)
    first = {(each.source, each.start) for each in with_them[:2]}
    kept = [(each.source, each.start) for each in without]
    assert [place for place in places if place not in first] == [
        place for place in kept if place not in first
    ]


def test_a_question_that_implies_none_is_searched_as_before() -> None:
    question = "Who is the chief executive of Corvane?"
    assert found(question) == found(question, statements=False)
