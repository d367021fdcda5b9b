"""A run as spans of OpenTelemetry, named as its conventions for generative AI have them.

Nothing happens unless a provider is set up, as `opentelemetry-instrument reckon serve` does.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sandreckoner.core.effects import Ask, Resume, Search, Use
from sandreckoner.core.effects import Run as RunProgram
from sandreckoner.core.trace import Step
from sandreckoner.serve.service import Run

_NS = 1_000_000_000


def record_spans(run: Run, seconds: float) -> None:
    """Record a run that has ended: a span for it, and one in it for each step; no texts.

    Args:
        run: what was asked and done.
        seconds: that it took, until now.
    """
    try:
        from opentelemetry import trace
    except ModuleNotFoundError:
        return
    tracer = trace.get_tracer("sandreckoner")
    ended = time.time_ns()
    started = ended - int(seconds * _NS)
    about = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": run.offer.name}
    whole = tracer.start_span(f"invoke_agent {run.offer.name}", start_time=started, attributes=about)
    if whole.is_recording():
        context = trace.set_span_in_context(whole)
        for step in run.steps:
            name, attributes = _described(step, run.model)
            if name:
                begun = started + int(step.started_s * _NS)
                span = tracer.start_span(name, context, start_time=begun, attributes=attributes)
                if step.error:
                    span.set_status(trace.StatusCode.ERROR, step.error.partition(":")[0])
                span.end(begun + int(step.elapsed_s * _NS))
        whole.set_attribute("gen_ai.usage.input_tokens", run.usage.input_tokens)
        whole.set_attribute("gen_ai.usage.output_tokens", run.usage.output_tokens)
    whole.end(ended)


def _described(step: Step, model: str) -> tuple[str, Mapping[str, Any]]:
    """The name and the attributes of a step; an empty name for what is no operation."""
    effect = step.effect
    if isinstance(effect, Ask):
        replies = step.reply if isinstance(step.reply, tuple) else ()
        usages = [usage for each in replies if (usage := getattr(each, "usage", None)) is not None]
        return f"chat {model}", {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model,
            "gen_ai.request.choice.count": effect.n,
            "gen_ai.usage.input_tokens": sum(usage.input_tokens for usage in usages),
            "gen_ai.usage.output_tokens": sum(usage.output_tokens for usage in usages),
        }
    tool = ""
    if isinstance(effect, RunProgram | Resume):
        tool = "python"
    elif isinstance(effect, Search | Use):
        tool = effect.tool if isinstance(effect, Use) else "search"
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
    return f"execute_tool {tool}" if tool else "", attributes
