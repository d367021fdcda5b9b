"""The numbers `[n]` of the places an answer stands on: the same in program, answer and list of sources."""

from __future__ import annotations

from sandreckoner.cli.render.phrases import is_placed
from sandreckoner.core.answer import Answer
from sandreckoner.core.problem import Passage


def place_numbers(answer: Answer) -> tuple[int | None, ...]:
    """Return for each of an answer's sources the number of its passage; None for one that has no place.

    A passage has the number under which the model was shown it and cites it. Pages that no passage shows, of
    tables, follow in the order of the program.
    """
    evidence = answer.winner.evidence if answer.winner else ()
    others: dict[tuple[str, int], int] = {}
    numbers: list[int | None] = []
    for source in answer.sources:
        if not is_placed(source):
            numbers.append(None)
            continue
        first = source.passages[0]
        shown = next((n for n, passage in enumerate(evidence, 1) if holds(passage, first)), None)
        page = (first.source, first.page)
        numbers.append(shown or others.setdefault(page, len(evidence) + len(others) + 1))
    return tuple(numbers)


def marks(answer: Answer) -> tuple[int, ...]:
    """Return the numbers of the places that an answer stands on, each once, in the order of the program."""
    return tuple(dict.fromkeys(number for number in place_numbers(answer) if number is not None))


def holds(passage: Passage, span: Passage) -> bool:
    """Whether a passage contains a span of its page."""
    same = (span.source, span.page) == (passage.source, passage.page)
    return same and passage.start <= span.start < span.end <= passage.end
