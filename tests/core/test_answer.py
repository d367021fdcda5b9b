"""What a notebook shows of an answer."""

from __future__ import annotations

from sandreckoner.core.answer import Answer, NumberSource
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
