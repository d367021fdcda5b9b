"""Perform a strategy on a question in either driver, or from the journal of such a run."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandreckoner.chains.method import Strategy
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.effects import with_budget_status
from sandreckoner.core.environment import Environment
from sandreckoner.core.execution import Execution, Resources
from sandreckoner.core.journal import JournalFile, Replay
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem
from sandreckoner.core.runtime import arun, run
from sandreckoner.core.trace import Step, Trace
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.host_tools import NearestTexts
from support.bakery import BAKERY, Letters, Shelf, reply


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
    """Performs a strategy on a question: `sync`, `async`, or `replay` from the journal of a run."""

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
        file = io.StringIO()
        environment = Environment(
            model=model,
            interpreter=self._sandbox,
            library=Shelf(),
            tools={"nearest": NearestTexts(Letters())},
            journal=JournalFile(file, {}),
            budget=Budget(calls=calls),
            clock=lambda: 0.0,
        )
        steps = with_budget_status(strategy(problem))
        if how == "async":
            return _finished(asyncio.run(arun(steps, environment)), environment.trace, model)
        answer = run(steps, environment)
        if how == "sync":
            return _finished(answer, environment.trace, model)
        header, *records = map(json.loads, file.getvalue().splitlines())
        empty = Environment(journal=Replay(header, records), trace=Trace())
        answer = run(with_budget_status(strategy(problem)), empty)
        return _finished(answer, empty.trace, ScriptedModel([]))


def _finished(answer: Answer, trace: Trace, model: ScriptedModel) -> Run:
    candidates = tuple(
        replace(candidate, execution=_timeless(candidate.execution)) for candidate in answer.candidates
    )
    winner = answer.winner and replace(answer.winner, execution=_timeless(answer.winner.execution))
    steps = tuple(
        replace(step, reply=_timeless(step.reply)) if isinstance(step.reply, Execution) else step
        for step in trace.steps
    )
    return Run(replace(answer, candidates=candidates, winner=winner), steps, model)


def _timeless(execution: Execution | None) -> Execution | None:
    return execution and replace(execution, resources=Resources(), state=None)
