"""What both protocols say of an answer: its sources, and the whole of it for programs of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Box
from sandreckoner.serve.service import Renderer, Run
from sandreckoner.serve.signed_places import PlaceSigner, SourcePlace

_LONGEST = 300  # characters of a span that its address repeats


@dataclass(frozen=True, slots=True)
class CitedPlace:
    """A source as both protocols cite it."""

    span: Passage
    place: SourcePlace
    path: str

    @property
    def title(self) -> str:
        """The document and the page."""
        return f"{self.span.source}, page {self.span.page}"


class ReplyParts:
    """Makes the parts of replies.

    Args:
        renderer: shows answers.
        signer: makes the addresses of sources.
    """

    def __init__(self, renderer: Renderer, signer: PlaceSigner) -> None:
        self._renderer, self._signer = renderer, signer

    def cited(self, run: Run) -> list[CitedPlace]:
        """The places that the answer rests on."""
        assert run.answer is not None
        places = [(span, _place(run, span, box)) for span, box in run.answer.places]
        return [CitedPlace(span, place, self._signer.address(place)) for span, place in places]

    def record(self, run: Run) -> dict[str, Any]:
        """The object of `reckon ask --json`, the address of each place, and the answer fit to read."""
        answer = run.answer
        assert answer is not None
        question = run.wanted.problem.question
        record = self._renderer.record(
            answer, question=question, strategy=run.offer.strategy, model=run.model
        )
        shown = None if answer.text is None else self._renderer.shown(answer.text, question)
        for source, row in zip(answer.sources, record["numbers"], strict=True):
            for at, (span, place) in enumerate(zip(source.passages, row["places"], strict=True)):
                place["path"] = self._path(run, span, source.box if at == 0 else None)
        for citation, row in zip(answer.citations, record["citations"], strict=True):
            for span, place in zip(citation.passages, row["places"], strict=True):
                place["path"] = self._path(run, span, None)
        return {**record, "shown": shown, "request": run.id, "data": answer.data}

    def _path(self, run: Run, span: Passage, box: Box | None) -> str:
        return self._signer.address(_place(run, span, box))


def _place(run: Run, span: Passage, box: Box | None) -> SourcePlace:
    owner = run.caller.name if run.own else ""
    words = span.text[:_LONGEST]
    place = (owner, run.offer.index, span.source, span.page, span.start, span.end)
    return SourcePlace(*place, words, box, run.caller.labels)


def usage_tokens(run: Run) -> tuple[int, int]:
    """Prompt and generated tokens of every call inside."""
    return run.usage.input_tokens, run.usage.output_tokens


def pieces(text: str, size: int = 400) -> Iterator[str]:
    """A long text in pieces for a stream."""
    for start in range(0, len(text), size):
        yield text[start : start + size]
