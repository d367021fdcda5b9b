"""Citations are checked word for word, digits guarded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.core.problem import Passage
from sandreckoner.provenance.citations import check_citations, find_quote

TEXT = "Net sales rose to $80.5 billion\nin 2019. It’s the best year – so far. Cash was 1.2 million."
FIRST = Passage(TEXT, "report.md", page=3, start=500, end=500 + len(TEXT))
SECOND = Passage("Costs were 40 % lower.", "notes.md")


@pytest.mark.parametrize(
    "quote",
    [
        "Net sales rose to $80.5 billion in 2019",
        "rose to $80.5 billion",
        "It's the best year - so far.",
        "Net sales … in 2019",
        "Net sales ... Cash was 1.2 million",
        "Cash was 1.2 million.",
    ],
)
def test_word_for_word(quote: str) -> None:
    slices = find_quote(quote, FIRST)
    assert slices
    for found in slices:
        assert TEXT[found.start - 500 : found.end - 500] == found.text
        assert (found.source, found.page) == ("report.md", 3)


@pytest.mark.parametrize(
    "quote",
    [
        "$8",
        "$80",
        "80",
        "0.5",
        "5 billion",
        "2 million",
        "sales rose to $80.5",
        "et sales",
        "net sales rose",
        "Cash … Net sales",
    ],
)
def test_not_word_for_word(quote: str) -> None:
    if quote == "sales rose to $80.5":
        assert find_quote(quote, FIRST)  # whole words and a whole number
    else:
        assert not find_quote(quote, FIRST)


def test_a_quote_that_is_not_there_is_struck_and_reported() -> None:
    checked = check_citations('Sales were "$80.5 billion" [1], up from “$70.5 billion” [1].', [FIRST])
    assert checked.text == 'Sales were "$80.5 billion" [1], up from ~~“$70.5 billion”~~ [1].'
    assert [citation.status for citation in checked.citations] == ["found", "not found"]
    assert checked.faults[0].note == "“$70.5 billion” stands in none of the passages"


def test_a_quote_of_another_passage_is_kept_and_reported() -> None:
    checked = check_citations('It says "40 % lower" [1].', [FIRST, SECOND])
    assert checked.text == 'It says "40 % lower" [1].'
    assert checked.faults[0].note == "it stands in [2], not in [1]"


def test_markers_before_and_behind() -> None:
    checked = check_citations(
        'As [2] has it, "Costs were 40 % lower". In [1]: «Net sales rose».', [FIRST, SECOND]
    )
    assert [(citation.number, citation.status) for citation in checked.citations] == [
        (2, "found"),
        (1, "found"),
    ]


def test_markers_without_a_quote_must_name_a_passage() -> None:
    checked = check_citations("Sales rose [1] and fell [7].", [FIRST])
    assert [citation.status for citation in checked.citations] == ["found", "no such passage"]
    assert checked.faults[0].note == "[7] is cited, but there is 1 passage"


def test_a_quotation_that_cites_nothing_is_left_alone() -> None:
    text = 'The film "Up" won. Sales rose [1].'
    assert check_citations(text, [FIRST]).text == text


@given(
    st.text(alphabet='ab 1.,"“”[]…()*+\\\n$', max_size=80), st.text(alphabet="ab 1.,$()*+\\\n", max_size=40)
)
def test_any_answer_is_checked_without_fault(answer: str, page: str) -> None:
    for citation in check_citations(answer, [Passage(page, "p", start=7)]).citations:
        for found in citation.passages:
            assert page[found.start - 7 : found.end - 7] == found.text
