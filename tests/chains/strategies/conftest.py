"""A model that answers every prompt of the package, a sandbox, and a run of a strategy in both drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from sandreckoner.chains.form import Strategy
from sandreckoner.chains.marked import marked
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.drive import adrive, drive
from sandreckoner.core.effects import Search
from sandreckoner.core.execution import Execution, Resources
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.passage import Passage
from sandreckoner.core.problem import Problem
from sandreckoner.core.trace import Step, Trace
from sandreckoner.core.world import World
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox

BAKERY = Problem("A bakery bakes 46 loaves. It sells half of them and then 9 more. How many are left?")
PROGRAM = "```python\nloaves = 46\nsold = 9\nanswer = loaves / 2 - sold\n```"
PROSE = "Half of 46 is 23, and 23 - 9 = 14.\nThe answer is 14."

# The beginning of an instruction, and what is replied to it.
REPLIES = {
    "Write a Python program": PROGRAM,
    "Translate the question into equations": (
        "```python\nfrom sympy import Eq, solve, symbols\nleft = symbols('left')\n"
        "ans = solve([Eq(left, 46 / 2 - 9)], [left], dict=True)[0][left]\n```"
    ),
    "Break the problem down": "1. How many loaves are sold at first?\n2. How many remain then?",
    "State the facts": "- Half of a number is the number divided by 2.",
    "You are given a question and a draft of its answer. Write": "What is half of 46?\nWhat is 23 - 9?",
    "You are given a question and an attempt": "CORRECT",
    "You are given a question and several responses": "The most consistent response is Response 1.",
    "You are given a problem and several beginnings": "The best choice is 1",
    "Judge whether": "It follows.\nlikely",
    "The program failed": PROGRAM,
}


def reply(messages: tuple[Message, ...]) -> str:
    """A reply to any prompt of the package: a function of the prompt alone, so threads cannot matter."""
    instruction, asked = messages[0].content, messages[-1].content
    if instruction.startswith("You solve a problem in a Python notebook"):
        return "```python\nanswer = half - 9\n```" if "half =" in asked else "```python\nhalf = 46 / 2\n```"
    if instruction.startswith("You solve a problem one step"):
        return "The answer is 14." if "46 / 2" in asked else "- 46 / 2 = 23\n- 46 - 9 = 37\n- 46 / 2 = 23"
    for beginning, said in REPLIES.items():
        if instruction.startswith(beginning):
            return said
    return PROSE


class Shelf:
    """A library with one passage."""

    def search(self, effect: Search) -> tuple[Passage, ...]:
        return (Passage("It bakes 46 loaves.", "bakery.md", 1, 0, 19, 1.0),)

    async def asearch(self, effect: Search) -> tuple[Passage, ...]:
        return self.search(effect)


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
        world = World(
            model=model,
            interpreter=self._sandbox,
            library=Shelf(),
            trace=trace,
            budget=Budget(calls=calls),
            clock=lambda: 0.0,
        )
        steps = marked(strategy(problem))
        answer = drive(steps, world) if how == "sync" else asyncio.run(adrive(steps, world))
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
