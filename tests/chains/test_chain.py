"""The doorway: a strategy as a LangChain Runnable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import FakeListChatModel
from langchain_core.runnables import Runnable

from sandreckoner.chains import StrategyChain, chain
from sandreckoner.chains.answering import replay
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.errors import UnknownName, UsageError
from sandreckoner.core.journal import read_journal
from sandreckoner.core.problem import Problem
from sandreckoner.core.trace import Step, StepStarted, TextArrived
from sandreckoner.testing.scripted_model import ScriptedModel

PROGRAM = "```python\nanswer = 6 * 7\n```"


@pytest.fixture(scope="module")
def reckon() -> Iterator[StrategyChain]:
    with chain("pal", model=ScriptedModel(lambda _: PROGRAM)) as reckon:
        yield reckon


def test_it_is_a_runnable_and_answers(reckon: StrategyChain) -> None:
    assert isinstance(reckon, Runnable)
    for asked in ("What is 6 times 7?", Problem("What is 6 times 7?"), {"question": "What is 6 times 7?"}):
        found = reckon.invoke(asked)
        assert (found.text, found.usage.calls) == ("42", 1)


def test_every_way_to_call_gives_the_same_answer(reckon: StrategyChain) -> None:
    question = "What is 6 times 7?"
    answers = [
        reckon.invoke(question),
        asyncio.run(reckon.ainvoke(question)),
        *reckon.batch([question, question]),
        *asyncio.run(reckon.abatch([question, question])),
    ]
    assert {found.text for found in answers} == {"42"}
    assert len({found.usage for found in answers}) == 1


def test_a_stream_is_the_trace_as_it_happens_and_the_answer_last(reckon: StrategyChain) -> None:
    async def collect() -> list[object]:
        return [item async for item in reckon.astream("What is 6 times 7?")]

    for items in (list(reckon.stream("What is 6 times 7?")), asyncio.run(collect())):
        *events, found = items
        assert isinstance(found, Answer) and found.text == "42"
        assert [type(event) for event in events if not isinstance(event, TextArrived)] == [
            StepStarted,
            Step,
            StepStarted,
            Step,
        ]
        assert "".join(event.text for event in events if isinstance(event, TextArrived)) == PROGRAM


def test_a_stream_that_is_left_early_ends_the_run(reckon: StrategyChain) -> None:
    stream = reckon.stream("What is 6 times 7?")
    assert isinstance(next(stream), StepStarted)
    stream.close()
    assert reckon.invoke("And now?").text == "42"


def test_in_a_sequence_only_the_answer_goes_on(reckon: StrategyChain) -> None:
    sequence = reckon | (lambda found: found.text)
    assert sequence.invoke("What is 6 times 7?") == "42"
    assert list(sequence.stream("What is 6 times 7?")) == ["42"]


class Watcher(BaseCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
        self.seen.append("chain")

    def on_chat_model_start(self, *args: Any, parent_run_id: Any = None, **kwargs: Any) -> None:
        self.seen.append("model below chain" if parent_run_id else "model alone")


def test_callbacks_see_every_model_call_below_the_chain() -> None:
    for call in (lambda c, q, k: c.invoke(q, config=k), lambda c, q, k: asyncio.run(c.ainvoke(q, config=k))):
        watcher = Watcher()
        model = FakeListChatModel(responses=["```python\nanswer = 1 / 0\n```", PROGRAM])
        with chain("pal", model=model) as reckon:
            assert call(reckon, "What is 6 times 7?", {"callbacks": [watcher]}).text == "42"
        assert watcher.seen == ["chain", "model below chain", "model below chain"]


def test_a_recorded_question_replays_to_the_same_answer(reckon: StrategyChain, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    found = reckon.invoke("What is 6 times 7?", journal=str(path))
    journal = read_journal(path)
    assert replay(journal) == journal.answer
    assert replay(journal).text == found.text
    assert replay(journal).seconds == found.seconds


def test_a_form_is_a_strategy_too_and_the_budget_is_each_questions_own() -> None:
    model = ScriptedModel(lambda _: "It is \\boxed{42}.")
    with chain(ChainOfThought(), model=model, budget=Budget(calls=1)) as reckon:
        assert [found.text for found in reckon.batch(["a?", "b?"])] == ["42", "42"]


@pytest.mark.parametrize(
    "asked", ["", "   \n", "x" * 1_000_000, {"text": "?"}, {"question": "?", "extra": 1}, 7]
)
def test_a_wrong_question_is_refused_before_anything_is_spent(asked: Any) -> None:
    model = ScriptedModel([])
    with chain("pal", model=model) as reckon, pytest.raises(UsageError):
        reckon.invoke(asked)
    assert not model.asked


def test_a_wrong_strategy_is_refused_at_once() -> None:
    with pytest.raises(UnknownName, match="did you mean pal"):
        chain("pall", model=ScriptedModel([]))
    with pytest.raises(UsageError, match="neither a method nor a strategy"):
        chain(7, model=ScriptedModel([]))  # type: ignore[arg-type]
