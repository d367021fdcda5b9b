"""A question about a figure is first shown the statement that it implies, of the right report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError
from sandreckoner.core.problem import Passage
from sandreckoner.tools.retrieval.document_index import Index
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
    library = open_library(EXAMPLES)
    with_them, without = found(question, k=60), found(question, statements=False, k=60)
    assert all(each.text == library.page(each.source, each.page)[each.start : each.end] for each in with_them)
    statements = [each for each in with_them if each not in without]
    assert with_them[: len(statements)] == tuple(statements) and len(statements) >= 2
    assert "Inventories" in statements[0].text and "Cost of" in statements[-1].text
    rest = [each for each in without if each in with_them]
    assert list(with_them[len(statements) :]) == rest
    for gone in set(without) - set(rest):
        assert any(gone.text in each.text for each in statements)


def test_they_take_no_more_room_than_the_passages_asked_for() -> None:
    question = "What was the inventory turnover in 2024?"
    assert len(found(question, k=1)) == 1
    for k in (2, 4, 8):
        shown = found(question, k=k)
        assert len(shown) <= k and sum(len(each.text) for each in shown[1:]) < 1_000 * k


def test_what_stands_around_a_whole_statement_is_its_neighbourhood(tmp_path: Path) -> None:
    with Index(tmp_path, options=SearchOptions(statements=True)) as index:
        index.add([EXAMPLES])
        statement = index.search(Search("What was the quick ratio in 2024?", 2))[0]
        around = index.neighbours(statement)
        assert around[0].start < statement.start and around[-1].end > statement.end
        with pytest.raises(LibraryError, match="has changed"):
            index.neighbours(replace(statement, start=statement.start + 1))


def test_a_question_that_implies_none_is_searched_as_before() -> None:
    question = "Who is the chief executive of Corvane?"
    assert found(question) == found(question, statements=False)
