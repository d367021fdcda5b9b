"""`--jsonl`: what happens in a run, one JSON object a line, as it happens; the answer is the last.

{"version":1,"event":"started","step":0,"effect":{"is":"Ask",…}}
{"version":1,"event":"thought","step":0,"text":"Revenue is"}      of a reasoning model, no part of its reply
{"version":1,"event":"text","step":0,"text":"```python"}
{"version":1,"event":"done","step":0,"reply":[…],"error":"","seconds":1.25}
{"version":1,"event":"answer","answer":{…}}         the object of --json
"""

from __future__ import annotations

from collections.abc import Mapping

from sandreckoner.core.execution import JSON
from sandreckoner.core.serialization import dumps, to_json
from sandreckoner.core.trace import Event, StepStarted, TextArrived

VERSION = 1


def print_event(event: Event) -> None:
    """Print an event of the trace; it is on its way when this returns."""
    if isinstance(event, StepStarted):
        _print("started", {"step": event.index, "effect": to_json(event.effect)})
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
