"""What a notebook shows of an answer."""

from __future__ import annotations

from sandreckoner.core.answer import Answer, Candidate, NumberSource
from sandreckoner.core.execution import Execution
from sandreckoner.core.problem import Passage


def test_a_notebook_names_the_best_place_of_each_number() -> None:
    places = (Passage("512.3", "a.pdf", 2), Passage("512.3", "b.pdf", 3))
    sources = (
        NumberSource("512.3", 1, 0, "passage", passages=places),
        NumberSource("100", 2, 0, "constant"),
    )
    shown = Answer("5", sources=sources)
    for page in (shown._repr_html_(), shown._repr_markdown_()):
        assert "a.pdf, page 2" in page.replace("\\", "") and "b.pdf" not in page
        assert "constant" in page


def test_an_answer_in_words_has_the_quantity_that_it_states_and_no_other() -> None:
    value = {"type": "Figure", "number": 5.83, "unit": "%", "scale": 0, "text": "5.83 %"}
    winner = Candidate("5.83 %", execution=Execution("ok", value=value))
    for text in ("5.83 %", "It fell by 5.8 %.", "In 2024 it fell by 5.83 %."):
        quantity = Answer(text, winner=winner).quantity
        assert quantity is not None and (quantity.value, quantity.unit) == (5.83, "%")
    for text in ("It fell by 5.9 %.", "It fell by 5.8 % or 6.1 %.", "It fell.", None):
        assert Answer(text, winner=winner).quantity is None
