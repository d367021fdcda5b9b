"""The numbers `[n]` are those under which the model was shown its passages, wherever an answer is shown."""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace

from rich.console import Console
from support.statement import STATEMENT

from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.blocks import looked_at, marks, place_numbers
from sandreckoner.cli.render.pages.source_spans import passages
from sandreckoner.core.answer import Answer, Candidate, NumberSource
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.provenance.program_sources import with_sources

SITES = "Sites and staff are listed in the appendix of this report, by region and by country."
SALES = "Net sales came to 512.3 million in 2023."
COSTS = "Costs came to 498.1 million in 2023, after 470.25 million a year before."
PROGRAM = "costs = 498.1  # [3]\nsales = 512.3  # [2]\nanswer = (sales - costs) / 100"


def answered() -> Answer:
    texts = enumerate((SITES, SALES, COSTS))
    evidence = tuple(Passage(text, "report.md", 1, 100 * n, 100 * n + len(text)) for n, text in texts)
    winner = Candidate("0.142", PROGRAM, PROGRAM, evidence=evidence)
    return with_sources(
        Answer("0.142", winner=winner), Problem("By how much did sales exceed costs?", evidence)
    )


def test_a_number_has_the_mark_of_its_passage() -> None:
    answer = answered()
    assert [source.text for source in answer.sources] == ["498.1", "512.3", "100"]
    assert place_numbers(answer) == (3, 2, None)
    assert marks(answer) == (3, 2)


def test_the_list_of_sources_shows_it() -> None:
    console = Console(width=120, record=True, file=StringIO())
    for line in blocks.sources(answered()):
        console.print(line)
    shown = console.export_text()
    assert "[3] 498.1 ←" in shown and "[2] 512.3 ←" in shown


def looked_up() -> Answer:
    """An answer from a table, with a passage beside it that no number stands in."""
    cell = Passage("512.3", "report.md", 2, 40, 45)
    beside = Passage(SITES, "report.md", 1, 0, len(SITES))
    winner = Candidate("512.3", program='t1["Sales", 2023]', evidence=(beside,), tables=(STATEMENT,))
    sources = (NumberSource('t1["Sales", 2023]', 1, 0, "table", passages=(cell,)),)
    return Answer("512.3", winner=winner, sources=sources)


def test_pages_of_tables_are_numbered_from_one_where_no_passage_is_used() -> None:
    answer = looked_up()
    assert place_numbers(answer) == (1,)
    [beside] = [each["place"] for each in passages(answer, 1)]
    assert str(beside).startswith("report.md p. 1")  # its number is that of the table's page


def test_what_was_looked_at_counts_tables() -> None:
    documents = [SimpleNamespace(source=name, chunks=18) for name in ("report.md", STATEMENT.document)]
    said = looked_at(looked_up(), documents)
    assert said == f"looked at 1 table of {STATEMENT.document}, 1 of 18 passages of report.md"
