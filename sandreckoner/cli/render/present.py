"""Show an answer: the answer alone on stdout, how it came about on stderr; or as the JSON object of `--json`.

docs/answer.schema.json is its schema. `--jsonl` prints what happens in a run as it happens, one JSON object a
line; the answer is the last:

{"version":1,"event":"started","step":0,"effect":{"is":"Ask",…}}
{"version":1,"event":"thought","step":0,"text":"Revenue is"}      of a reasoning model, no part of its reply
{"version":1,"event":"text","step":0,"text":"```python"}
{"version":1,"event":"done","step":0,"reply":[…],"error":"","seconds":1.25}
{"version":1,"event":"answer","answer":{…}}         the object of --json
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.text import Text

from sandreckoner.cli.faults import warn
from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.blocks import one_line, status_line
from sandreckoner.cli.render.console_style import ConsoleStyle, make_console, visible
from sandreckoner.cli.render.readable import readable_answer
from sandreckoner.cli.shell import ERROR, exit_code
from sandreckoner.core.answer import Answer, Candidate, Citation, NumberSource
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.problem import Passage
from sandreckoner.core.serialization import dumps, to_json
from sandreckoner.core.trace import Event, PromptRead, Step, StepStarted, TextArrived


def present(
    answer: Answer,
    *,
    question: str,
    strategy: str,
    model: str,
    as_json: bool,
    style: ConsoleStyle,
    as_events: bool = False,
    html: str | None = None,
    pictures: Sequence[Mapping[str, Any]] = (),
    steps: Sequence[Step] = (),
    looked_at: str = "",
) -> int:
    """Print an answer, for a person in a style or as JSON, and return the exit code that says how it ended.

    With `html`, also write it to a page, how it came about by these `steps`, and `pictures` of the pages that
    it rests on; `looked_at` says how much of the documents the model was shown.
    """
    found = answer_object(answer, question=question, strategy=strategy, model=model)
    if as_events:
        print_answer(found)
    elif as_json:
        print(json.dumps(found, indent=2))
    else:
        _show_answer(answer, question, style, strategy, looked_at)
    sys.stdout.flush()
    if html is not None:
        from sandreckoner.cli.recorded_runs import Recorded
        from sandreckoner.cli.render.pages import write_export
        from sandreckoner.cli.terminal.transcript import Turn

        header = {"problem": {"question": question}, "strategy": strategy, "model": model}
        try:
            recorded = Recorded(one_line(question), [], [Turn(header, steps, answer)])
            write_export("html", recorded, Path(html), pictures)
        except UsageError as fault:  # the answer is there already: it was paid for
            warn(str(fault))
            return ERROR
    return exit_code(answer)


def print_extract(answer: Answer) -> int:
    """Print what is to be copied: the program of an answer, or the answer where there is none."""
    program = answer.winner.program if answer.winner else ""
    print(visible(program.rstrip() or answer.text or ""))
    return exit_code(answer)


def _show_answer(answer: Answer, question: str, style: ConsoleStyle, strategy: str, looked_at: str) -> None:
    last = answer.candidates[-1] if answer.candidates else None
    for block in blocks.work(answer.winner or last, style):
        style.console.print(block)
    if answer.text is not None:
        shown = readable_answer(answer, question) if sys.stdout.isatty() else answer.text
        # soft_wrap: what a script reads must not be broken at the width of a terminal.
        make_console().print(
            Text(visible(shown), style="bold" if sys.stdout.isatty() else ""), soft_wrap=True
        )
        if re.sub(r"\D", "", shown) != re.sub(r"\D", "", answer.text):
            style.console.print(Text(f"exactly {visible(answer.text)}", style="dim"))
    style.console.print(Group(*blocks.sources(answer)))
    if looked_at:
        style.console.print(Text(looked_at, style="dim"))
    if answer.reason:
        style.console.print(f"[yellow]{answer.status}:[/] {escape(visible(answer.reason))}")
    style.console.print(status_line(answer, strategy), style="dim")


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
