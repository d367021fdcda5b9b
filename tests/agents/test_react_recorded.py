"""250 trajectories of text-davinci-002 for FEVER: read as recorded, and replayed to the same finish."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sandreckoner.agents.react import ReAct
from sandreckoner.chains.answering import answer
from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Search
from sandreckoner.core.environment import Environment
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.trace import Trace
from sandreckoner.llms import ScriptedModel
from sandreckoner.reading.trajectory import read_action, read_trajectory

pytestmark = pytest.mark.data


@pytest.fixture
def recorded(data: Path) -> list[dict[str, Any]]:
    with gzip.open(data / "recorded" / "react_fever_davinci002_first250.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def test_every_step_is_read_as_recorded(recorded: list[dict[str, Any]]) -> None:
    read = total = 0
    for record in recorded:
        turns = read_trajectory(record["samples"][0])
        assert len(turns) == len(record["steps"])
        for turn, step in zip(turns, record["steps"], strict=True):
            total += 1
            # The recorded action is `Name[argument]`; five of the 624 go on behind it.
            name, _, argument = step["action"].strip().removesuffix("]").partition("[")
            if step["action"] == "Lookup[The Dark Tower (2017 film)] on different website":
                argument = "The Dark Tower (2017 film)"
            read += (turn.thought, turn.written, turn.action, turn.argument, turn.observation) == (
                step["thought"].strip(),
                step["action"].strip(),
                name,
                argument,
                step["observation"].strip(),
            )
    print(f"read as recorded: {read} of {total} steps in {len(recorded)} trajectories")
    assert read == total == 624


class Recorded:
    """The encyclopaedia as the recorded run saw it: each query has the observation that it got then."""

    def __init__(self, steps: list[dict[str, str]]) -> None:
        self._seen = {read_action(step["action"])[1]: step["observation"] for step in steps}

    def search(self, effect: Search) -> tuple[Passage, ...]:
        text = self._seen[effect.query]
        return (Passage(text, "wikipedia", end=len(text)),)

    async def asearch(self, effect: Search) -> tuple[Passage, ...]:
        return self.search(effect)


def replayed(record: dict[str, Any], repeats: int) -> tuple[Answer, Trace]:
    """Our agent, with a model that writes what was recorded."""
    replies = [
        f" {step['thought']}\nAction {n}: {step['action']}" for n, step in enumerate(record["steps"], 1)
    ]
    trace = Trace()
    environment = Environment(model=ScriptedModel(replies), library=Recorded(record["steps"]), trace=trace)
    return answer(
        ReAct(max_steps=len(replies), repeats=repeats), Problem(record["question"]), environment
    ), trace


def test_each_is_replayed_to_the_same_finish(recorded: list[dict[str, Any]]) -> None:
    finished = unfinished = searches = looping = 0
    for record in recorded:
        found, trace = replayed(record, repeats=10)  # the recorded agent had no guard against loops
        actions = [read_action(step["action"]) for step in record["steps"]]
        finishes = [argument for name, argument in actions if name == "Finish"]
        assert found.text == (finishes[0] if finishes else None), record["id"]
        finished += found.status == "answered"
        unfinished += found.status == "budget spent"
        if finishes and found.text != record["source_pred"]:
            # Five times an empty line before `Finish[…]`, which the recording refused as invalid.
            assert record["id"] == "fever-3522"
        queries = [step.effect.query for step in trace.steps if isinstance(step.effect, Search)]
        wanted = [argument for name, argument in actions if name == "Search"]
        assert queries == wanted[: len(queries)]
        searches += len(queries)
        looping += "repeated" in replayed(record, repeats=1)[0].reason
    print(
        f"finished as recorded: {finished}; without a finish, as recorded: {unfinished}; {searches} searches"
    )
    assert (finished, unfinished) == (248, 2)
