"""A sandbox, and a strategy performed in either driver."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from bakery import BAKERY, Letters, Shelf, reply

from sandreckoner.chains.method import Strategy
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.combine import with_budget_status
from sandreckoner.core.environment import Environment
from sandreckoner.core.execution import Execution, Resources
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem
from sandreckoner.core.runtime import arun, run
from sandreckoner.core.trace import Step, Trace
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.nearest_texts import Nearest


@dataclass(frozen=True)
class Run:
    """A strategy that was performed: its answer, its steps without what timing makes differ, its model."""

    answer: Answer
    steps: tuple[Step, ...]
    model: ScriptedModel

    @property
    def calls(self) -> int:
        return sum(asked.n for asked in self.model.asked)


class Perform:
    """Performs a strategy on a question, sync or async."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(
        self,
        strategy: Strategy,
        *,
        problem: Problem = BAKERY,
        model: ScriptedModel | None = None,
        replies: Sequence[str | Completion] | None = None,
        how: str = "sync",
        calls: int | None = None,
    ) -> Run:
        model = model or ScriptedModel(reply if replies is None else replies)
        trace = Trace()
        environment = Environment(
            model=model,
            interpreter=self._sandbox,
            library=Shelf(),
            tools={"nearest": Nearest(Letters())},
            trace=trace,
            budget=Budget(calls=calls),
            clock=lambda: 0.0,
        )
        steps = with_budget_status(strategy(problem))
        answer = run(steps, environment) if how == "sync" else asyncio.run(arun(steps, environment))
        timeless = [_timeless(candidate.execution) for candidate in answer.candidates]
        candidates = tuple(
            replace(candidate, execution=execution)
            for candidate, execution in zip(answer.candidates, timeless, strict=True)
        )
        winner = answer.winner and replace(answer.winner, execution=_timeless(answer.winner.execution))
        steps_done = tuple(
            replace(step, reply=_timeless(step.reply)) if isinstance(step.reply, Execution) else step
            for step in trace.steps
        )
        return Run(replace(answer, candidates=candidates, winner=winner), steps_done, model)


def _timeless(execution: Execution | None) -> Execution | None:
    return execution and replace(execution, resources=Resources(), state=None)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def perform(sandbox: Sandbox) -> Perform:
    return Perform(sandbox)
