"""The input of a strategy."""

from __future__ import annotations

from dataclasses import dataclass

from sandreckoner.core.passage import Passage


@dataclass(frozen=True, slots=True)
class Problem:
    """A question with its evidence and options.

    Attributes:
        question: the question in words.
        passages: evidence that the answer may use, best first.
        options: the choices of a multiple-choice question, without their letters; empty for an open one.
        notes: results of earlier steps of a strategy (a plan, facts, a critique). The model sees them below
            the question; they are never a search query, and never a source of numbers.
    """

    question: str
    passages: tuple[Passage, ...] = ()
    options: tuple[str, ...] = ()
    notes: str = ""
