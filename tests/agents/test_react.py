"""The ReAct agent over real documents and a real sandbox, its model scripted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sandreckoner.agents import open_react_agent
from sandreckoner.agents.react import ReAct
from sandreckoner.chains import chain
from sandreckoner.chains.answering import replay
from sandreckoner.core.budget import Budget
from sandreckoner.core.effects import Ask, Run, Search
from sandreckoner.core.environment import Environment, Library
from sandreckoner.core.journal import read_journal
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Problem
from sandreckoner.core.trace import Step
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox

QUESTION = "By what percentage did the net sales of Northwell grow from 2020 to 2021?"
TURNS = [
    "Thought 1: I need the net sales.\nAction 1: Search[net sales 2021 2020]",
    "Thought 2: I compute.\nAction 2: Python[\nsales_2021 = 8412\nsales_2020 = 7950\nsales_2021\n]",
    "The variables are still there.\n```python\n(sales_2021 - sales_2020) / sales_2020 * 100\n```",
    "Thought 4: done\nAction 4: Finish[5.8]",
]


def test_it_searches_computes_and_finishes_with_its_sources(library: Library, sandbox: Sandbox) -> None:
    with chain(ReAct(), model=ScriptedModel(TURNS), library=library, interpreter=sandbox) as agent:
        found = agent.invoke(QUESTION)
    assert (found.text, found.status, found.usage.calls) == ("5.8", "answered", 4)
    assert {source.text: source.origin for source in found.sources} == {
        "8412": "passage",
        "7950": "passage",
        "100": "constant",
    }


def test_it_replays_and_streams_and_may_be_awaited(
    library: Library, sandbox: Sandbox, tmp_path: Path
) -> None:
    def script(messages: tuple[Message, ...]) -> str:
        return TURNS[messages[-1].content.count("Observation")]

    with chain(ReAct(), model=ScriptedModel(script), library=library, interpreter=sandbox) as agent:
        first = agent.invoke(QUESTION, journal=str(tmp_path / "run.jsonl"))
        awaited = asyncio.run(agent.ainvoke(QUESTION))
        *events, streamed = agent.stream(QUESTION)
    assert awaited.text == streamed.text == first.text
    kinds = [type(event.effect) for event in events if isinstance(event, Step)]
    assert kinds == [Ask, Search, Ask, Run, Ask, Run, Ask]
    again = replay(read_journal(tmp_path / "run.jsonl"), Environment(), ReAct())
    assert again == first


def test_a_loop_is_told_once_and_then_stopped(library: Library, sandbox: Sandbox) -> None:
    model = ScriptedModel(lambda _: "Thought: again\nAction: Search[net  SALES]")
    with chain(ReAct(max_steps=50), model=model, library=library, interpreter=sandbox) as agent:
        *events, found = agent.stream(QUESTION)
    searches = [event for event in events if isinstance(event, Step) and isinstance(event.effect, Search)]
    assert (found.usage.calls, len(searches)) == (3, 1)
    assert found.status == "budget spent" and "repeated Search" in found.reason
    assert "You did exactly this before" in model.asked[2].messages[-1].content


def test_a_lookup_goes_on_to_the_next_sentence(library: Library) -> None:
    turns = ["Action: Search[net sales]", *(["Action: Lookup[in 202]"] * 3), "Action: Finish[x]"]
    model = ScriptedModel(turns)
    with chain(ReAct(), model=model, library=library) as agent:
        assert agent.invoke(QUESTION).text == "x"
    seen = model.asked[-1].messages[-1].content
    assert "(Result 1 of 2) Net sales were 8,412 in 2021." in seen
    assert "(Result 2 of 2) They were 7,950 in 2020." in seen and "No more results." in seen


def test_the_end_of_a_budget_gives_the_best_so_far(library: Library, sandbox: Sandbox) -> None:
    with chain(
        ReAct(), model=ScriptedModel(TURNS), library=library, interpreter=sandbox, budget=Budget(calls=3)
    ) as agent:
        found = agent.invoke(QUESTION)
    assert (found.text, found.status, found.reason) == (
        "5.81132075471698",
        "budget spent",
        "the budget of 3 calls is spent",
    )


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("Action: Browse[the web]", "There is no action 'Browse'"),
        ("Hm.", "No action was read."),
        ("Action: Python[]", "There is no program"),
        ("Action: Python[1 / 0]", "ZeroDivisionError"),
        ("Action: Python[import os; os.environ]", "os"),
    ],
)
def test_whatever_goes_wrong_is_told_and_the_agent_goes_on(
    reply: str, told: str, library: Library, sandbox: Sandbox
) -> None:
    model = ScriptedModel([reply, "Action: Finish[none]"])
    with chain(ReAct(), model=model, library=library, interpreter=sandbox) as agent:
        assert agent.invoke(QUESTION).text == "none"
    assert told in model.asked[1].messages[-1].content


def test_turns_have_an_end() -> None:
    replies = [f"Action: Python[x = {n}\nx]" for n in range(9)]
    with chain(ReAct(max_steps=3), model=ScriptedModel(replies)) as agent:
        found = agent.invoke(Problem("?"))
    assert (found.text, found.usage.calls) == ("2", 3) and "3 turns" in found.reason


def test_tools_of_the_caller_are_actions_and_what_they_give_is_evidence(sandbox: Sandbox) -> None:
    asked: list[str] = []

    def price(number: str, *, currency: str = "EUR") -> float:
        """The price of an order."""
        asked.append(currency)
        return {"A1": 12.5}[number]

    def count() -> int:
        """How many orders there are."""
        return 312

    replies = [
        'Thought 1: Look.\nAction 1: price[{"number": "B2"}]',
        "Thought 2: Look again.\nAction 2: Price[A1]",
        "Thought 3: How many?\nAction 3: count[]",
        'Thought 4: Wrong.\nAction 4: price[{"nummer": 5}]',
        'Thought 4: Now.\nAction: price\nAction Input: {"number": "A1", "currency": "USD"}',
        '{"name": "price", "arguments": {"number": "A1", "currency": "GBP"}}',
        "Thought 5: Compute.\nAction 5: Python[price_eur = 12.5\norders = 312\nprice_eur * orders]",
        "Thought 6: Done.\nAction 6: Finish[3900]",
    ]
    model = ScriptedModel(replies)
    with open_react_agent(model=model, tools=[price, count], interpreter=sandbox) as agent:
        found = agent.invoke("What do all orders cost at the price of A1?")
    assert found.text == "3900" and asked == ["EUR", "EUR", "USD", "GBP"]
    assert {source.text: source.origin for source in found.sources} == {"12.5": "passage", "312": "passage"}
    seen = "\n".join(message.content for message in model.asked[-1].messages)
    for said in ("KeyError", "12.5", "has no place for 'nummer'", "calls price(number: str"):
        assert said in seen
