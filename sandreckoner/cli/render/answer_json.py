"""An answer as the JSON object that `--json` prints; docs/answer.schema.json is its schema.

`--jsonl` prints what happens in a run as it happens, one JSON object a line; the answer is the last:

{"version":1,"event":"started","step":0,"effect":{"is":"Ask",…}}
{"version":1,"event":"thought","step":0,"text":"Revenue is"}      of a reasoning model, no part of its reply
{"version":1,"event":"text","step":0,"text":"```python"}
{"version":1,"event":"done","step":0,"reply":[…],"error":"","seconds":1.25}
{"version":1,"event":"answer","answer":{…}}         the object of --json
"""

from __future__ import annotations

from collections.abc import Mapping

from sandreckoner.core.answer import Answer, Candidate, Citation, NumberSource
from sandreckoner.core.execution import JSON
from sandreckoner.core.problem import Passage
from sandreckoner.core.serialization import dumps, to_json
from sandreckoner.core.trace import Event, PromptRead, StepStarted, TextArrived

VERSION = 1


def answer_object(answer: Answer, *, question: str, strategy: str, model: str) -> dict[str, JSON]:
    """Everything about an answer that a program may want; the same for a run and for its replay."""
    return {
        "version": VERSION,
        "question": question,
        "answer": answer.text,
        **_quantity(answer),
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


def _quantity(answer: Answer) -> dict[str, JSON]:
    quantity = answer.quantity
    if quantity is None:
        return {"value": None, "unit": None, "scale": None, "remarks": list(answer.remarks)}
    return {
        "value": quantity.value,
        "unit": quantity.unit,
        "scale": quantity.scale,
        "remarks": list(answer.remarks),
    }


def _work(winner: Candidate | None) -> dict[str, JSON]:
    if winner is None:
        return {"reasoning": None, "program": None, "repairs": [], "output": None, "passages": []}
    return {
        "reasoning": winner.reasoning,
        "program": winner.program or None,
        "repairs": list(winner.repairs),
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
        "box": list(source.box) if source.box else None,
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
    """A passage and its position."""
    return {
        "source": passage.source,
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }


def print_event(event: Event) -> None:
    """Print an event of the trace; it is on its way when this returns."""
    if isinstance(event, StepStarted):
        _print("started", {"step": event.index, "effect": to_json(event.effect)})
    elif isinstance(event, PromptRead):
        _print("prompt", {"step": event.index, "share": event.share})
    elif isinstance(event, TextArrived):
        _print("thought" if event.thought else "text", {"step": event.index, "text": event.text})
    else:
        reply = to_json(event.reply)
        _print(
            "done", {"step": event.index, "reply": reply, "error": event.error, "seconds": event.elapsed_s}
        )


def print_answer(answer: Mapping[str, JSON]) -> None:
    """Print the last line."""
    _print("answer", {"answer": dict(answer)})


def _print(kind: str, record: Mapping[str, JSON]) -> None:
    print(dumps({"version": VERSION, "event": kind, **record}), flush=True)
