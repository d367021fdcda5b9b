"""The numbers `[n]` are those under which the model was shown its passages, wherever an answer is shown."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.blocks import marks, place_numbers
from sandreckoner.core.answer import Answer, Candidate
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
