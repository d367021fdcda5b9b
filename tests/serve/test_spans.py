"""A run as spans of OpenTelemetry, by its own software kit."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sandreckoner.chains.answering import answer, to_strategy
from sandreckoner.core.budget import Budget
from sandreckoner.core.problem import Problem
from sandreckoner.serve.api_keys import ANYBODY
from sandreckoner.serve.offers import read_offer
from sandreckoner.serve.openai_requests import Wanted
from sandreckoner.serve.service import Run
from sandreckoner.serve.spans import record_spans
from sandreckoner.testing import ScriptedModel
from sandreckoner.workspace.workspace import Workspace


def test_model_and_program_are_spans_below_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    problem = Problem("What is 3 * 14?")
    run = Run("1", Wanted("pal", problem), ANYBODY, read_offer("pal"), Budget(), model="scripted")
    model = ScriptedModel(["```python\nanswer = 3 * 14\n```"])
    with Workspace(model=model) as workspace, workspace.environment(problem, "pal") as environment:
        run.answer = answer(to_strategy("pal"), problem, environment)
        run.steps = environment.trace.steps
    record_spans(run, 1.0)
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"invoke_agent pal", "chat scripted", "execute_tool python"}
    whole, asked = spans["invoke_agent pal"], spans["chat scripted"]
    assert asked.parent and asked.parent.span_id == whole.context.span_id
    assert asked.attributes and asked.attributes["gen_ai.usage.output_tokens"] == run.usage.output_tokens > 0
    assert "3 * 14" not in str([span.to_json() for span in spans.values()])
