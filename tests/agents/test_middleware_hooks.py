"""LangChain's middleware on the tool agent: its hooks before and after, and what is refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, NotRequired

import pytest
from langchain.agents.middleware import (
    AgentMiddleware,
    AgentState,
    HumanInTheLoopMiddleware,
    ModelCallLimitMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
    TodoListMiddleware,
    ToolCallLimitMiddleware,
    after_model,
    before_agent,
    before_model,
)
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langchain_core.tools import tool
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from sandreckoner.agents import ToolAgent
from sandreckoner.core.errors import UsageError
from sandreckoner.core.journal import read_journal
from sandreckoner.core.message import Completion, Message, ToolCall
from sandreckoner.langchain import BudgetMiddleware, SourcesMiddleware, TextChat
from sandreckoner.testing import ScriptedModel
from sandreckoner.tools.python import Sandbox


def call(name: str, **arguments: Any) -> str:
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


def agent(model: Any, sandbox: Sandbox, *middleware: Any, **options: Any) -> ToolAgent:
    return ToolAgent(model=model, interpreter=sandbox, middleware=middleware, **options)


class Diary(AgentMiddleware):
    """Writes down when its hooks are called, in a state of its own."""

    class State(AgentState[Any]):
        pages: NotRequired[list[str]]

    state_schema = State

    def _write(self, state: Any, what: str) -> dict[str, Any]:
        return {"pages": [*state.get("pages", []), f"{what} {len(state['messages'])}"]}

    def before_agent(self, state: Any, runtime: Any) -> dict[str, Any]:
        return self._write(state, "begins")

    def before_model(self, state: Any, runtime: Any) -> dict[str, Any]:
        return self._write(state, "asks")

    def after_model(self, state: Any, runtime: Any) -> dict[str, Any]:
        return self._write(state, "was told")

    def after_agent(self, state: Any, runtime: Any) -> dict[str, Any]:
        pages = self._write(state, "ends")["pages"]
        return {"pages": pages, "messages": [AIMessage(" | ".join(pages), id=state["messages"][-1].id)]}


def test_every_hook_is_called_in_its_place_and_replayed(sandbox: Sandbox, tmp_path: Path) -> None:
    for awaited in (False, True):
        model = ScriptedModel([call("python", code="6 * 7"), "42", "Yes."])
        with agent(model, sandbox, Diary(), memory=tmp_path / f"{awaited}.sqlite") as one:
            told: Any = {"thread": "t", "journal": str(tmp_path / "run.jsonl")}
            found = asyncio.run(one.ainvoke("6 * 7?", **told)) if awaited else one.invoke("6 * 7?", **told)
            assert found.text == "begins 1 | asks 1 | was told 2 | asks 3 | was told 4 | ends 4"
            assert one.replay(read_journal(tmp_path / "run.jsonl")) == found
            assert (one.invoke("Sure?", thread="t").text or "").endswith(
                "ends 4 | begins 5 | asks 5 | was told 6 | ends 6"
            )


def test_a_limit_of_calls_ends_the_run_and_counts_anew_for_each_question(sandbox: Sandbox) -> None:
    model = ScriptedModel(lambda messages: call("python", code=str(len(messages))))
    with agent(model, sandbox, ModelCallLimitMiddleware(run_limit=2)) as one:
        for _ in range(2):
            found = one.invoke("Go on.", thread="t")
            assert found.status == "budget spent" and "limit" in (found.text or "")
            assert found.reason == "ended by ModelCallLimitMiddleware.before_model"
    assert len(model.asked) == 4
    model = ScriptedModel(["one", "two"])
    with agent(model, sandbox, ModelCallLimitMiddleware(thread_limit=1)) as one:
        assert one.invoke("1?", thread="t").text == "one"
        assert one.invoke("2?", thread="t").status == "budget spent"  # of the whole conversation


def test_calls_that_middleware_answers_are_not_made(sandbox: Sandbox) -> None:
    made: list[int] = []

    def pay(eur: int) -> str:
        """Pay."""
        made.append(eur)
        return "paid"

    calls = tuple(ToolCall("pay", {"eur": n}, f"call_000{n}") for n in (1, 2, 3))
    model = ScriptedModel([Completion("", calls=calls), "Done."])
    with agent(model, sandbox, ToolCallLimitMiddleware(run_limit=1), tools=[pay]) as one:
        assert one.invoke("Pay.").text == "Done."
    assert made == [1] and "limit" in str(model.asked[1].messages)


def test_personal_data_is_taken_out_of_question_and_reply(sandbox: Sandbox) -> None:
    model = ScriptedModel(["Write to bob@example.org."])
    pii = PIIMiddleware("email", strategy="redact", apply_to_output=True)
    with agent(model, sandbox, pii) as one:
        assert one.invoke("I am ann@example.org.").text == "Write to [REDACTED_EMAIL]."
    assert "ann@" not in str(model.asked[0].messages)


def test_a_summary_takes_the_place_of_the_conversation(sandbox: Sandbox) -> None:
    summary = SummarizationMiddleware(
        FakeListChatModel(responses=["They said yes."]), trigger=("messages", 4), keep=("messages", 1)
    )
    model = ScriptedModel(lambda messages: f"Yes {len(messages)}.")
    with agent(model, sandbox, summary) as one:
        for n in range(4):
            found = one.invoke(f"Question {n}?", thread="t")
    assert "They said yes." in str(model.asked[-1].messages) and found.status == "answered"
    assert "Question 0?" not in str(model.asked[-1].messages)
    assert model.asked[-1].messages[-1] == Message("user", "Question 3?")


def test_a_reply_is_sent_back_and_a_question_turned_away(sandbox: Sandbox) -> None:
    @after_model(can_jump_to=["model"])
    def in_german(state: Any, runtime: Any) -> dict[str, Any] | None:
        if state["messages"][-1].text == "Yes.":
            return {"jump_to": "model", "messages": [HumanMessage("In German, please.")]}
        return None

    @before_agent(can_jump_to=["end"])
    def no_politics(state: Any, runtime: Any) -> dict[str, Any] | None:
        if "election" in state["messages"][-1].text:
            return {"jump_to": "end", "messages": [AIMessage("Not of that.")]}
        return None

    model = ScriptedModel(["Yes.", "Ja."])
    with agent(model, sandbox, no_politics, in_german) as one:
        assert one.invoke("Is it?").text == "Ja."
        found = one.invoke("Who wins the election?")
    assert (found.text, found.reason) == ("Not of that.", "ended by no_politics.before_agent")
    assert model.asked[1].messages[-1].content == "In German, please." and len(model.asked) == 2


def test_a_hook_may_empty_the_conversation(sandbox: Sandbox) -> None:
    @before_model
    def only_this(state: Any, runtime: Any) -> dict[str, Any]:
        return {"messages": [RemoveMessage(REMOVE_ALL_MESSAGES), HumanMessage("Say yes.")]}

    model = ScriptedModel(["Yes."])
    with agent(model, sandbox, only_this) as one:
        assert one.invoke("Is it?").text == "Yes."
    assert model.asked[0].messages[-1].content == "Say yes."


def test_our_own_middleware_works_here_too(sandbox: Sandbox) -> None:
    model = ScriptedModel(["It grew by 77.3 %.", "It is not known."])
    with agent(TextChat(model=model), sandbox, BudgetMiddleware(calls=5), SourcesMiddleware()) as one:
        assert one.invoke("By how much?").text == "It is not known."
    assert "77.3" in model.asked[1].messages[-1].content
    with agent(
        TextChat(model=ScriptedModel(lambda m: call("python", code=str(len(m))))),
        sandbox,
        BudgetMiddleware(calls=2),
    ) as one:
        found = one.invoke("Go on.")
    assert found.status == "budget spent" and "2 calls is spent" in (found.text or "")


def test_tools_of_middleware_are_offered(sandbox: Sandbox) -> None:
    @tool
    def rate() -> str:
        """The rate."""
        return "1.08"

    class Bank(AgentMiddleware):
        tools = (rate,)

    model = ScriptedModel([call("rate"), "It is 1.08."])
    with agent(model, sandbox, Bank()) as one:
        assert one.invoke("The rate?").text == "It is 1.08."


def test_an_error_of_a_hook_is_the_callers_and_the_conversation_goes_on(sandbox: Sandbox) -> None:
    limit = ModelCallLimitMiddleware(run_limit=1, exit_behavior="error")
    model = ScriptedModel([call("python", code="1"), "Here."])
    with agent(model, sandbox, limit) as one:
        with pytest.raises(Exception, match="Model call limits exceeded"):
            one.invoke("Go on.", thread="t")
        assert one.invoke("Are you there?", thread="t").text == "Here."


class OnlyAwaited(AgentMiddleware):
    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        return await handler(request)


@pytest.mark.parametrize(
    ("middleware", "said"),
    [
        (HumanInTheLoopMiddleware({"pay": True}), "use MiddlewareOptions\\(approve="),
        (TodoListMiddleware(), "wants LangGraph's 'runtime'"),
        (OnlyAwaited(), "write wrap_model_call too"),
    ],
)
def test_what_cannot_work_is_refused_at_construction(middleware: Any, said: str, sandbox: Sandbox) -> None:
    with pytest.raises(UsageError, match=said):
        agent(TextChat(model=ScriptedModel([])), sandbox, middleware)
