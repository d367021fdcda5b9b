"""The input of a strategy: a question, and the passages and tables that may answer it."""

from __future__ import annotations

from dataclasses import dataclass

from sandreckoner.core.table import Table


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a page of a document.

    Attributes:
        text: the slice itself; always `page_text[start:end]`.
        source: the document's name (a file name, or `stdin`).
        page: 1-based; 1 for formats without pages.
        start: offset of the first character in the page's text.
        end: offset after the last character.
        score: how well it matches the query; larger is better, comparable within one search only.
        title: heading or document title, for display; never part of `text`.
    """

    text: str
    source: str
    page: int = 1
    start: int = 0
    end: int = 0
    score: float = 0.0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A question with its evidence and options.

    Attributes:
        question: the question in words.
        passages: evidence that the answer may use, best first.
        options: the choices of a multiple-choice question, without their letters; empty for an open one.
        notes: results of earlier steps of a strategy (a plan, facts, a critique). The model sees them below
            the question; they are never a search query, and never a source of numbers.
        tables: tables that the answer may look figures up in, best first.
    """

    question: str
    passages: tuple[Passage, ...] = ()
    options: tuple[str, ...] = ()
    notes: str = ""
    tables: tuple[Table, ...] = ()
