"""Sources of looked-up figures: exact by construction, and never on a program's word alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.statement import STATEMENT

from sandreckoner.core.answer import Answer, Candidate, NumberSource
from sandreckoner.core.execution import Execution
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.table import Cell, Column, Row, Table
from sandreckoner.provenance.lookups import trace_lookups
from sandreckoner.provenance.program_sources import with_sources
from sandreckoner.reading.programs import read_result
from sandreckoner.reading.syntax import with_answer
from sandreckoner.reading.table_figures import table_records
from sandreckoner.tools.python import Sandbox

GROWTH = """def solution():
    sales_2024 = t1["Net sales", 2024]
    sales_2023 = t1["Net sales", "2023"]
    return (sales_2024 - sales_2023) / sales_2023 * 100
"""


@pytest.fixture(scope="module")
def sandbox() -> Any:
    with Sandbox(spares=0) as made:
        yield made


def traced(
    program: str, execution: Execution, question: str = "", passages: tuple[Passage, ...] = ()
) -> Answer:
    text = read_result(execution)
    winner = Candidate(text, program=program, execution=execution, evidence=passages, tables=(STATEMENT,))
    return with_sources(Answer(text, winner=winner), Problem(question or "?", passages))


def ran(sandbox: Sandbox, program: str, question: str = "", passages: tuple[Passage, ...] = ()) -> Answer:
    execution = sandbox.run(with_answer(program), inputs=table_records([STATEMENT]))
    return traced(program, execution, question, passages)


def looked_up(answer: Answer) -> list[NumberSource]:
    return [source for source in answer.sources if source.origin == "table"]


def test_a_lookup_leads_to_its_cell(sandbox: Sandbox) -> None:
    answer = ran(sandbox, GROWTH, "By what percentage did net sales grow from 2023 to 2024?")
    first, second = looked_up(answer)
    assert (first.text, first.line, first.column) == ('t1["Net sales", 2024]', 2, 17)
    assert first.passages == (
        Passage("$ 8,412", "annual.pdf", 24, 120, 127, title="Consolidated statements of income"),
    )
    assert first.note == "looked up in t1: Net sales (1), Year ended June 30, 2024; USD, million"
    assert second.passages[0].start == 130
    assert [source.text for source in answer.sources] == [first.text, second.text, "100"]
    assert not any("ambiguous" in source.note for source in answer.sources)


def test_the_answer_knows_its_unit(sandbox: Sandbox) -> None:
    answer = ran(sandbox, GROWTH)
    assert answer.text == "5.81132075471698 %"
    assert answer.quantity is not None
    assert (answer.quantity.value, answer.quantity.unit, answer.quantity.scale) == (308 / 53, "%", 1)
    money = ran(sandbox, 't1["Net sales", 2024] - t1["Net sales", 2023]').quantity
    assert money is not None
    assert (money.value, money.unit, money.scale) == (462, "USD", 1_000_000)


@pytest.mark.parametrize(
    "program",
    [
        't = t1\nrow = "Net sales"\nt[row, 2024]',
        'total = 0\nfor year in (2024, 2023):\n    total += t1["Net sales", year]\ntotal / 2',
        'sum(t1["Net sales"][year] for year in (2024, 2023)) / 2',
        'import numpy as np\nnp.mean([t1["Net sales", 2024], t1["Net sales", 2023]])',
        'print(float(t1["Net sales", 2024]))',
        'best = max((2024, 2023), key=lambda year: t1["Net sales", year])\nbest',
        "f'{t1[\"Net sales\", 2024]:.1f}'",
    ],
)
def test_figures_are_sourced_whatever_becomes_of_them(sandbox: Sandbox, program: str) -> None:
    answer = ran(sandbox, program, "What were net sales in 2024 and 2023?")
    assert looked_up(answer)
    assert all(source.origin != "unsourced" for source in answer.sources), answer.sources


@pytest.mark.parametrize(
    "lookup",
    [
        ["t1", 0, 0, "9999", 1],
        ["t7", 0, 0, "8412", 1],
        ["t1", 99, 0, "8412", 1],
        ["t1", 0, 99, "8412", 1],
        ["t1", 8, 0, "8412", 1],
    ],
)
def test_a_forged_lookup_has_no_source(lookup: list[Any]) -> None:
    value = {"type": "Figure", "text": "$9,999 million", "number": 9999, "unit": "USD", "scale": 1_000_000}
    forged = Execution("ok", {**value, "sources": [lookup]})
    (source,) = traced('x = t1["Net sales", 2024]\nx', forged).sources
    assert source.origin == "unsourced"
    assert source.note == "said to be looked up, but no table has it there"
    reported = Execution("ok", 9999, figures={"lookups": [lookup], "notes": []})
    assert traced("9999", reported).sources[-1].origin == "unsourced"


@pytest.mark.parametrize(
    "sources",
    [None, 5, "t1", [5], [None], [["t1"]], [["t1", "0", 0, "8412", 1]], [["t1", True, 0, "8412", 1]], [{}]],
)
def test_what_is_no_lookup_is_left_out(sources: Any) -> None:
    forged = Execution("ok", {"type": "Figure", "text": "7", "number": 7, "sources": sources})
    assert traced("7", forged).sources[0].origin == "unsourced"
    assert traced("7", forged).quantity is None


def test_a_program_that_returns_a_figure_of_its_own_making_is_not_believed(sandbox: Sandbox) -> None:
    program = (
        "{'type': 'Figure', 'text': '$1 million', 'number': 1, 'unit': 'USD', 'scale': 1000000,"
        " 'sources': [['t1', 0, 0, '1', 1]]}"
    )
    assert any(source.origin == "unsourced" for source in ran(sandbox, program).sources)


def test_a_typed_number_of_a_table_is_told_to_be_typed(sandbox: Sandbox) -> None:
    answer = ran(sandbox, "cost = 5130\ncost * 2")
    assert answer.sources[0].origin == "table"
    assert answer.sources[0].note == (
        "typed, not looked up; t1['Cost of sales', 'Year ended June 30, 2024']; its sign is turned"
    )


def test_a_typed_number_that_several_cells_hold_has_them_all() -> None:
    program = "cost = 5130\ncost * 2"
    other = Table("other.pdf", columns=(Column("2024"),), rows=(Row("Loans", (), (Cell("5,130"),)),))
    for tables, note in (((STATEMENT, STATEMENT), "is turned"), ((STATEMENT, other), "2 cells hold it")):
        winner = Candidate("10260", program=program, tables=tables)
        source, *_ = with_sources(Answer("10260", winner=winner), Problem("?")).sources
        assert source.origin == "table" and source.note.endswith(note) and len(source.passages) == 2


def test_a_typed_number_of_a_sentence_is_traced_as_before(sandbox: Sandbox) -> None:
    passage = Passage("The company had 612 employees.", "annual.pdf", 5, 0, 30)
    answer = ran(sandbox, 'employees = 612\nt1["Net sales", 2024] / employees', "?", (passage,))
    assert [source.origin for source in answer.sources] == ["passage", "table"]


def test_a_result_that_nothing_explains_has_no_source(sandbox: Sandbox) -> None:
    assert [source.origin for source in ran(sandbox, "'9,999 million'").sources] == ["unsourced"]


def test_years_that_do_not_fit_are_told(sandbox: Sandbox) -> None:
    (slip,) = looked_up(ran(sandbox, 'sales_2024 = t1["Net sales", 2023]\nsales_2024'))
    assert "the variable says 2024, the table 2023" in slip.note
    (other,) = looked_up(ran(sandbox, 't1["Net sales", 2023]', "What were net sales in 2024?"))
    assert "of 2023; the question asks for 2024" in other.note


def test_a_figure_that_another_table_has_otherwise_is_told(sandbox: Sandbox) -> None:
    def table(text: str, heading: str = "Fiscal 2024", document: str = "annual.pdf") -> Table:
        rows = (Row("Net sales (1)", (), (Cell(text),)), Row("Total", (), (Cell(text),)))
        return Table(document, 3, unit="USD", scale=1_000_000, columns=(Column(heading),), rows=rows)

    def notes(lookup: str, *tables: Table) -> str:
        execution = sandbox.run(lookup, inputs=table_records(tables))
        return "; ".join(source.note for source in trace_lookups(lookup, execution, "", tables))

    told = "t2 has 8,410 under the same row and heading"
    assert told in notes('t1["Net sales", 2024]', table("8,421"), table("8,410"))
    for other in (table("8,421.3"), table("8,410", "Fiscal 2023"), table("8,410", document="other.pdf")):
        assert "t2 has" not in notes('t1["Net sales", 2024]', table("8,421"), other)
    assert "t2 has" not in notes('t1["Total", 2024]', table("8,421"), table("8,410"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            Table("a.md", caption="(in millions) (in thousands)", scale=1_000_000),
            "its caption says thousands and",
        ),
        (
            Table("a.md", caption="in millions of euros US$", scale=1_000_000),
            "its caption says dollars and euros",
        ),
        (Table("a.md", caption="(in millions, shares in thousands)", scale=1_000_000), ""),
        (Table("a.md", columns=(Column(""), Column(""))), "its column has no heading"),
        (Table("a.md", columns=(Column("20\u202e24"),)), "reorders its characters"),
        (Table("a.md", rows=(Row("\u202eRev\u200benue", (), (Cell("5"),)),)), "reorders its characters"),
        (Table("a.md", rows=(Row("Rev\u00adenue", (), (Cell("\u202e5"),)),)), "reorders its characters"),
        (Table("a.md", rows=(Row("Rev\u00adenue\u200e", (), (Cell("5\u200f"),)),)), ""),
    ],
)
def test_an_odd_label_or_caption_is_data_and_told(sandbox: Sandbox, table: Table, said: str) -> None:
    columns = table.columns or (Column("2024"),)
    rows = table.rows or (Row("Revenue", (), (Cell("5"),) * len(columns)),)
    table = replace(table, columns=columns, rows=rows)
    program = f't1["Revenue", {"2024" if columns[0].heading else repr("#1")}]'
    execution = sandbox.run(program, inputs=table_records([table]))
    assert execution.value["number"] == 5, execution.error
    (source,) = trace_lookups(program, execution, "", [table])
    assert source.origin == "table"
    assert said in source.note
    assert said or ("caption" not in source.note and "reorders" not in source.note)
