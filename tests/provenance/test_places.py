"""Which place of a figure is shown, and when several of them are one."""

from __future__ import annotations

import pytest

from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import trace_numbers

HEAD = "| | 2023 | 2022 |\n|---|---|---|\n"
STATEMENT = f"{HEAD}| Net sales | 512.3 | 498.1 |\n| Costs | 300.2 | 290.1 |\n"
SUMMARY = f"{HEAD}| Net sales | 512.3 | 498.1 |\n"


def note(*passages: Passage, program: str = "answer = 512.3", question: str = "What were net sales?") -> str:
    (source,) = trace_numbers(program, question, passages)
    return source.note


def test_the_same_row_and_year_of_one_document_is_one_place() -> None:
    pages = [Passage(SUMMARY, "report.pdf", 3, 0, 200), Passage(STATEMENT, "report.pdf", 41, 0, 200)]
    assert "ambiguous" not in note(*pages)
    years = Passage(STATEMENT.replace("2023", "Dec 31, 2023"), "report.pdf", 60, 0, 200)
    assert "ambiguous" not in note(*pages, years)


def test_another_document_or_another_row_is_another_place() -> None:
    here, there = Passage(SUMMARY, "a.pdf"), Passage(SUMMARY, "b.pdf")
    assert "ambiguous: 2 places fit equally well" in note(here, there)
    twice = f"{HEAD}| Sales of goods | 512.3 | 1.1 |\n| Sales of parts | 512.3 | 2.2 |\n"
    assert "ambiguous: 2 places fit equally well" in note(Passage(twice, "a.pdf"))


def test_the_same_sentence_printed_twice_is_one_place() -> None:
    said = "Net sales came to 512.3 million in 2023."
    assert "ambiguous" not in note(Passage(said, "a.pdf", 1), Passage(said, "a.pdf", 9))


@pytest.mark.parametrize(("literals", "trusted"), [(("17", "44.5"), True), (("17", "99.9"), False)])
def test_a_sure_figure_of_the_same_row_vouches_for_a_short_one(
    literals: tuple[str, str], trusted: bool
) -> None:
    page = f"{HEAD}| Staff | 17 | 44.5 |\n| Sites | 99.9 | 3 |\n"
    program = f"answer = {' - '.join(literals)}"
    sources = trace_numbers(program, "How did it change?", [Passage(page, "a.md")])
    assert (sources[0].origin == "passage") == trusted


def test_a_year_or_a_day_is_no_amount() -> None:
    page = Passage(STATEMENT, "a.md")
    question = "What were average net sales between December 29, 2022 and 2023?"
    sources = trace_numbers("answer = (512.3 + 2022) / 2", question, [page])
    assert [source.origin for source in sources] == ["passage", "unsourced", "constant"]
    sources = trace_numbers("answer = 512.3 - 29", question, [page])
    assert [source.origin for source in sources] == ["passage", "unsourced"]
    sources = trace_numbers("answer = 2023 - 2022 + 1", question, [page])
    assert "unsourced" not in [source.origin for source in sources]


def test_the_scale_of_the_figures_is_a_reason_for_a_factor() -> None:
    page = Passage(f"(in millions)\n{SUMMARY}\n", "a.md")
    program = "sales = 512.3\nanswer = sales * {}"
    million = trace_numbers(program.format("1000000"), "Net sales?", [page])[1]
    assert (million.origin, million.note) == ("constant", "unit factor: million")
    assert trace_numbers(program.format("1000"), "Net sales?", [page])[1].origin == "unsourced"


@pytest.mark.parametrize(
    ("program", "origins"),
    [
        ("answer = 44.5 - 44.5", ["unsourced", "unsourced"]),  # stands there once
        ("answer = (44.5 - 17.25) / 17.25", ["passage", "passage", "passage"]),
        ("first = 44.5\nanswer = first - 44.5", ["passage", "passage"]),
        ("answer = 44.5 + 1.0", ["passage", "unsourced"]),
    ],
)
def test_a_figure_is_used_as_often_as_it_stands(program: str, origins: list[str]) -> None:
    page = f"{HEAD}| Staff | 17.25 | 44.5 |\n"
    sources = trace_numbers(program, "How did staff change?", [Passage(page, "a.md")])
    assert [source.origin for source in sources] == origins
