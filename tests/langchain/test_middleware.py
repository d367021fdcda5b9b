"""Our middleware in an agent of LangChain's own, with a scripted model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from sandreckoner.core.errors import UsageError
from sandreckoner.langchain import BudgetMiddleware, SandboxMiddleware, SourcesMiddleware
from sandreckoner.langchain.text_chat import TextChat
from sandreckoner.settings.prices_and_limits import Price
from sandreckoner.testing import ScriptedModel


@tool
def price_of(article: str) -> dict[str, Any]:
    """The price of an article in dollars."""
    return {"article": article, "price": 13.75}


@tool
def broken() -> str:
    """Always fails."""
    raise RuntimeError("out of order")


def call(name: str, **arguments: object) -> str:
    return json.dumps({"name": name, "arguments": arguments})


def agent(replies: list[str], *middleware: Any, tools: Any = (), **options: Any) -> Any:
    chat = TextChat(model=ScriptedModel(replies))
    return create_agent(chat, list(tools), middleware=list(middleware), **options)


def asked(built: Any, question: str = "What do 4 pens cost?", thread: str = "t") -> list[Any]:
    config = {"configurable": {"thread_id": thread}}
    return built.invoke({"messages": [HumanMessage(question)]}, config)["messages"]


def results(messages: list[Any]) -> list[ToolMessage]:
    return [message for message in messages if isinstance(message, ToolMessage)]


def test_variables_last_over_a_thread_and_not_into_another() -> None:
    replies = [
        call("python", code="x = 20"),
        "kept",
        call("python", code="x + 1"),
        "21",
        call("python", code="x"),
        "no",
    ]
    with SandboxMiddleware() as sandbox:
        built = agent(replies, sandbox, checkpointer=InMemorySaver())
        asked(built)
        assert results(asked(built))[-1].text == "21"
        (other,) = results(asked(built, thread="u"))
        assert other.status == "error" and "NameError" in other.text


def test_a_value_is_data_and_a_failure_is_an_error() -> None:
    replies = [call("python", code="{'a': [1, 2]}"), call("python", code="1 / 0"), "done"]
    with SandboxMiddleware() as sandbox:
        value, failure = results(asked(agent(replies, sandbox)))
    assert value.artifact["value"] == {"a": [1, 2]} and value.status == "success"
    assert failure.status == "error" and "ZeroDivisionError" in failure.text


def test_programs_call_the_tools_that_they_may() -> None:
    code = "price = price_of('pen')['price']\nprice * 4"
    with SandboxMiddleware(functions=[price_of]) as sandbox:
        (result,) = results(asked(agent([call("python", code=code), "14"], sandbox, tools=[price_of])))
    assert result.text == "55.0"
    assert "price_of(article: str)" in sandbox.tools[0].description


def test_a_tool_that_fails_raises_in_the_program_and_calls_are_counted() -> None:
    catching = "try:\n    broken()\nexcept Exception as fault:\n    said = str(fault)\nsaid"
    many = "done = 0\nfor _ in range(5):\n    price_of('pen')\n    done += 1"
    forever = "while True:\n    try:\n        price_of('pen')\n    except Exception:\n        pass"
    with SandboxMiddleware(functions=[price_of, broken], max_calls=3) as sandbox:
        replies = [call("python", code=code) for code in (catching, many, forever)]
        first, second, third = results(asked(agent([*replies, "done"], sandbox)))
    assert "out of order" in first.text
    assert second.status == "error" and "a program may call 3 functions, no more" in second.text
    assert third.status == "error"


def test_a_session_that_is_gone_is_made_again_without_calling_the_tools_again() -> None:
    calls = []

    @tool
    def charge(usd: int) -> int:
        """Charge a customer."""
        calls.append(usd)
        return usd

    memory = InMemorySaver()
    code = "y = 5\nz = charge(7)"
    with SandboxMiddleware(functions=[charge]) as sandbox:
        asked(agent([call("python", code=code), "done"], sandbox, checkpointer=memory))
    with SandboxMiddleware(functions=[charge]) as sandbox:
        built = agent([call("python", code="y + 1"), "6"], sandbox, checkpointer=memory)
        assert results(asked(built))[-1].text == "6"
    assert calls == [7]


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [
        ({"calls": 2}, "the budget of 2 calls is spent"),
        ({"tokens": 100}, "the budget of 100 tokens is spent"),
        ({"usd": 0.001, "price": Price(1_000_000.0, 0.0)}, "the budget of $0.001 is spent"),
        ({"max_steps": 2}, "the budget of 2 calls is spent"),
    ],
)
def test_a_spent_budget_ends_with_the_best_so_far(limits: dict[str, Any], refusal: str) -> None:
    looping = [call("price_of", article=f"pen {n}") for n in range(20)]
    messages = asked(agent(looping, BudgetMiddleware(**limits), tools=[price_of]))
    assert messages[-1].text.startswith(refusal)
    assert "The best so far: " in messages[-1].text and "13.75" in messages[-1].text
    assert messages[-1].response_metadata["ended"] == refusal


def test_dollars_without_a_price_are_refused_at_once() -> None:
    with pytest.raises(UsageError, match="price=Price"):
        BudgetMiddleware(usd=1)


@pytest.mark.parametrize("otherwise", ["refuse", "mark"])
def test_a_number_from_nowhere_is_sent_back_then_refused_or_marked(otherwise: Any) -> None:
    replies = [
        call("price_of", article="pen"),
        "It costs 987.65 dollars.",
        "It costs 987.65 dollars, I am sure.",
    ]
    messages = asked(agent(replies, SourcesMiddleware(otherwise=otherwise), tools=[price_of]))
    last = messages[-1].text
    assert "987.65" in last
    assert last.startswith("The answer is refused:" if otherwise == "refuse" else "It costs 987.65")
    assert ("Without a source:" in last) == (otherwise == "mark")


def test_a_number_that_a_tool_gave_passes_and_one_repair_is_enough() -> None:
    replies = [call("price_of", article="pen"), "It costs 987.65 dollars.", "It costs 13.75 dollars."]
    assert asked(agent(replies, SourcesMiddleware(), tools=[price_of]))[-1].text == "It costs 13.75 dollars."
