"""An answer as the JSON object that `--json` prints; docs/answer.schema.json is its schema."""

from __future__ import annotations

from sandreckoner.core.answer import Answer, Candidate, Citation, NumberSource
from sandreckoner.core.execution import JSON
from sandreckoner.core.passage import Passage

VERSION = 1


def answer_object(answer: Answer, *, question: str, strategy: str, model: str) -> dict[str, JSON]:
    """Everything about an answer that a program may want; the same for a run and for its replay."""
    return {
        "version": VERSION,
        "question": question,
        "answer": answer.text,
        "status": answer.status,
        "reason": answer.reason,
        "confidence": answer.confidence,
        "strategy": strategy,
        "model": model,
        **_work(answer.winner),
        "numbers": [_number(source) for source in answer.sources],
        "citations": [_citation(citation) for citation in answer.citations],
        "candidates": [candidate.answer for candidate in answer.candidates],
        "usage": {
            "calls": answer.usage.calls,
            "input_tokens": answer.usage.input_tokens,
            "output_tokens": answer.usage.output_tokens,
            "usd": answer.usage.usd,
        },
        "seconds": answer.seconds,
    }


def _work(winner: Candidate | None) -> dict[str, JSON]:
    if winner is None:
        return {"reasoning": None, "program": None, "output": None, "passages": []}
    return {
        "reasoning": winner.reasoning,
        "program": winner.program or None,
        "output": winner.execution.stdout if winner.execution else None,
        "passages": [passage_object(passage) for passage in winner.evidence],
    }


def _number(source: NumberSource) -> dict[str, JSON]:
    return {
        "text": source.text,
        "line": source.line,
        "column": source.column,
        "origin": source.origin,
        "note": source.note,
        "quote": source.quote,
        "places": [passage_object(passage) for passage in source.passages],
    }


def _citation(citation: Citation) -> dict[str, JSON]:
    return {
        "number": citation.number,
        "quote": citation.quote,
        "status": citation.status,
        "note": citation.note,
        "places": [passage_object(passage) for passage in citation.passages],
    }


def passage_object(passage: Passage) -> dict[str, JSON]:
    """A passage and where it stands."""
    return {
        "source": passage.source,
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }
