"""The tool agent over real documents and a real sandbox, its model scripted."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from sandreckoner.agents import Interrupt, MiddlewareOptions, ToolAgent, as_tool
from sandreckoner.core.budget import Budget
from sandreckoner.core.effects import Ask, Use
from sandreckoner.core.errors import UsageError
from sandreckoner.core.journal import read_journal
from sandreckoner.core.message import Message
from sandreckoner.core.trace import Step
from sandreckoner.llms import LangChainModel, ScriptedModel
from sandreckoner.settings import Price
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary, open_library

QUESTION = "By what percentage did the net sales of Northwell grow from 2020 to 2021?"


def call(name: str, **arguments: Any) -> str:
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


CALLS = [
    call("search_documents", query="net sales 2021 2020", k=1),
    call("python", code="sales_2021 = 8412\nsales_2020 = 7950"),
    call("python", code="(sales_2021 - sales_2020) / sales_2020 * 100"),
    "Net sales grew by 5.8 % from 2020 to 2021.",
]


def script(messages: tuple[Message, ...]) -> str:
    since = max(n for n, message in enumerate(messages) if message.content == QUESTION)
    return CALLS[sum(message.role == "assistant" for message in messages[since:])]


def opened(model: Any, library: MemoryLibrary | None, sandbox: Sandbox, **options: Any) -> ToolAgent:
    return ToolAgent(model=model, library=library, interpreter=sandbox, **options)


def test_it_searches_computes_and_answers_with_its_sources(
    library: MemoryLibrary, sandbox: Sandbox, tmp_path: Path
) -> None:
    with opened(ScriptedModel(script), library, sandbox) as agent:
        found = agent.invoke(QUESTION, journal=str(tmp_path / "run.jsonl"))
        *events, streamed = agent.stream(QUESTION)
        awaited = asyncio.run(agent.ainvoke(QUESTION))
    assert found.text == streamed.text == awaited.text == CALLS[-1]
    assert (found.status, found.usage.calls) == ("answered", 4) and found.usage.tokens > 100
    origins = {source.text: source.origin for source in found.sources}
    assert origins == {
        "8412": "passage",
        "7950": "passage",
        "100": "constant",
        "2020": "question",
        "2021": "question",
    }
    effects = [event.effect for event in events if isinstance(event, Step)]
    assert [type(effect) for effect in effects] == [Ask, Use, Ask, Use, Ask, Use, Ask]


def test_a_run_is_replayed_from_its_journal_alone(
    library: MemoryLibrary, sandbox: Sandbox, tmp_path: Path
) -> None:
    with opened(ScriptedModel(script), library, sandbox) as agent:
        found = agent.invoke(QUESTION, journal=str(tmp_path / "run.jsonl"))
    journal = read_journal(tmp_path / "run.jsonl")
    assert journal.answer == found
    with opened(ScriptedModel([]), library, sandbox) as silent:
        again = silent.replay(journal)
    assert (again.text, again.sources, again.usage) == (found.text, found.sources, found.usage)


def test_a_conversation_goes_on_with_its_variables(library: MemoryLibrary, sandbox: Sandbox) -> None:
    replies = [call("python", code="x = 41"), "Noted.", call("python", code="x + 1"), "It is 42."]
    with opened(ScriptedModel(replies), library, sandbox) as agent:
        agent.invoke("Keep 41.", thread="a")
        assert agent.invoke("And one more?", thread="a").text == "It is 42."


def test_the_answer_may_have_a_schema(library: MemoryLibrary, sandbox: Sandbox) -> None:
    class Growth(BaseModel):
        percent: float
        years: list[int]

    replies = [
        *CALLS[:3],
        call("Growth", percent="many", years=[2020]),
        call("Growth", percent=5.8, years=[2020, 2021]),
    ]
    with opened(ScriptedModel(replies), library, sandbox, schema=Growth) as agent:
        found = agent.invoke(QUESTION)
    assert found.text is not None
    assert Growth.model_validate_json(found.text) == Growth(percent=5.8, years=[2020, 2021])


def test_it_asks_the_user_and_goes_on_with_the_reply(library: MemoryLibrary, sandbox: Sandbox) -> None:
    replies = [call("ask_user", question="Which year?"), "You said 2021."]
    with opened(ScriptedModel(replies), library, sandbox, asks=True) as agent:
        interrupt = agent.invoke("What were net sales?", thread="t")
        assert isinstance(interrupt, Interrupt) and (interrupt.kind, interrupt.asks) == (
            "question",
            "Which year?",
        )
        with pytest.raises(UsageError, match="waits for a reply"):
            agent.invoke("Hello?", thread="t")
        assert agent.resume("2021", thread="t").text == "You said 2021."


def test_a_spent_budget_pauses_and_asks_or_ends_with_the_best_so_far(
    library: MemoryLibrary, sandbox: Sandbox
) -> None:
    with opened(ScriptedModel(script), library, sandbox, budget=Budget(calls=3), pauses=True) as agent:
        interrupt = agent.invoke(QUESTION, thread="t")
        assert (
            isinstance(interrupt, Interrupt)
            and interrupt.kind == "budget"
            and "3 calls is spent" in interrupt.asks
        )
        assert agent.resume(True, thread="t").text == CALLS[-1]
        refused = agent.invoke(QUESTION, thread="u")
        assert isinstance(refused, Interrupt)
        ended = agent.resume(False, thread="u")
    assert (ended.text, ended.status) == ("5.81132075471698", "budget spent")
    for budget, said in ((Budget(tokens=300), "tokens"), (Budget(seconds=0.0001), "seconds")):
        with opened(ScriptedModel(script), library, sandbox, budget=budget) as agent:
            found = agent.invoke(QUESTION)
        assert found.status == "budget spent" and said in found.reason
    with pytest.raises(UsageError, match="price"):
        opened(ScriptedModel([]), library, sandbox, budget=Budget(usd=1))


def test_a_tool_runs_only_when_it_is_approved(sandbox: Sandbox) -> None:
    sent: list[str] = []

    def send_refund(order: str) -> str:
        """Send a refund."""
        sent.append(order)
        return "sent"

    replies = [call("send_refund", order="A1"), "Done."]
    for reply, wanted in ((True, ["A1"]), ("not today", []), (False, [])):
        sent.clear()
        model = ScriptedModel(replies)
        with opened(
            model,
            None,
            sandbox,
            tools=[send_refund],
            middleware_options=MiddlewareOptions(approve="send_refund"),
        ) as agent:
            interrupt = agent.invoke("Refund A1", thread="t")
            assert isinstance(interrupt, Interrupt) and interrupt.kind == "approval" and not sent
            assert interrupt.calls == ({"name": "send_refund", "args": {"order": "A1"}},)
            assert agent.resume(reply, thread="t").text == "Done."
        assert sent == wanted
        if isinstance(reply, str):
            assert reply in model.asked[-1].messages[-1].content


def test_personal_data_does_not_reach_the_model_or_the_memory(sandbox: Sandbox, tmp_path: Path) -> None:
    model = ScriptedModel(["Noted."])
    memory = tmp_path / "talks.sqlite"
    said = "I am ann@example.org, +49 30 1234567, DE89 3704 0044 0532 0130 00, and paid $8,412 in 2021."
    with opened(
        model, None, sandbox, memory=memory, middleware_options=MiddlewareOptions(personal_data="redact")
    ) as agent:
        agent.invoke(said, thread="t")
        kept = str(agent._state("t"))
    seen = model.asked[0].messages[-1].content
    assert "[REDACTED_EMAIL]" in seen and "$8,412 in 2021" in seen
    for secret in ("ann@", "1234567", "0532"):
        assert secret not in seen and secret not in kept


def test_a_long_conversation_is_summarised(sandbox: Sandbox) -> None:
    model = ScriptedModel(lambda messages: "A summary." if "summar" in str(messages).lower() else "Yes.")
    with opened(model, None, sandbox, middleware_options=MiddlewareOptions(summarise=300)) as agent:
        for n in range(30):
            agent.invoke(f"Question {n}: " + "word " * 30, thread="t")
    assert any("summary" in ask.messages[-1].content.lower() for ask in model.asked)


def test_a_failing_tool_is_called_again_and_then_told(sandbox: Sandbox) -> None:
    tries: list[int] = []

    def flaky() -> str:
        """Fails twice."""
        tries.append(1)
        if len(tries) < 3:
            raise OSError("the line is busy")
        return "there"

    model = ScriptedModel([call("flaky"), "ok"])
    with opened(model, None, sandbox, tools=[flaky], middleware_options=MiddlewareOptions(retry=2)) as agent:
        assert agent.invoke("Try.").text == "ok"
    assert len(tries) == 3 and "there" in model.asked[1].messages[-1].content
    tries.clear()
    model = ScriptedModel([call("flaky"), "ok"])
    with opened(model, None, sandbox, tools=[flaky]) as agent:
        assert agent.invoke("Try.").text == "ok"
    assert "OSError: the line is busy" in model.asked[1].messages[-1].content


def test_another_model_steps_in(sandbox: Sandbox) -> None:
    from sandreckoner.langchain.text_chat import TextChat

    second = TextChat(model=ScriptedModel(["from the second"]))
    with opened(
        ScriptedModel([]), None, sandbox, middleware_options=MiddlewareOptions(fallback=[second])
    ) as agent:
        assert agent.invoke("Hello?").text == "from the second"


def test_it_is_a_tool_of_another(library: MemoryLibrary, sandbox: Sandbox) -> None:
    with opened(ScriptedModel(script), library, sandbox) as inner:
        analyst = as_tool(inner, name="analyst", description="Knows Northwell's reports.")
        model = ScriptedModel([call("analyst", question=QUESTION), "5.8 %, says the analyst."])
        with opened(model, None, sandbox, tools=[analyst]) as outer:
            assert outer.invoke("Ask the analyst.").text == "5.8 %, says the analyst."
    assert CALLS[-1] in model.asked[1].messages[-1].content


def test_a_chat_model_of_langchain_is_used_as_it_is(sandbox: Sandbox) -> None:
    from langchain_core.language_models import FakeMessagesListChatModel

    class Fake(FakeMessagesListChatModel):
        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self

    replies = [
        AIMessage("", tool_calls=[{"name": "python", "args": {"code": "6 * 7"}, "id": "1"}]),
        AIMessage("42"),
    ]
    with opened(Fake(responses=replies), None, sandbox) as agent:
        assert agent.invoke("6 times 7?").text == "42"


def test_a_number_without_a_source_is_sent_back_once_and_then_refused(
    library: MemoryLibrary, sandbox: Sandbox
) -> None:
    invented = "Net sales grew by 77.3 %."
    model = ScriptedModel([CALLS[0], invented, *CALLS[1:]])
    with opened(model, library, sandbox, require_sources=True) as agent:
        assert agent.invoke(QUESTION).text == CALLS[-1]
    assert "77.3" in model.asked[2].messages[-1].content
    assert "has a source" in model.asked[2].messages[-1].content
    with opened(ScriptedModel([invented, invented]), library, sandbox, require_sources=True) as agent:
        found = agent.invoke(QUESTION)
    assert (found.text, found.status) == (None, "refused") and "77.3" in found.reason
    with opened(ScriptedModel([invented]), library, sandbox) as agent:
        loose = agent.invoke(QUESTION)
    assert loose.text == invented and [source.origin for source in loose.sources] == ["unsourced"]


def test_a_made_up_quote_is_struck(library: MemoryLibrary, sandbox: Sandbox) -> None:
    said = "“Net sales were 8,412 in 2021” [1], and “they will double” [1]."
    with opened(ScriptedModel([CALLS[0], said]), library, sandbox) as agent:
        found = agent.invoke(QUESTION)
    assert found.text == "“Net sales were 8,412 in 2021” [1], and ~~“they will double”~~ [1]."
    assert [citation.status for citation in found.citations] == ["found", "not found"]


def test_the_price_comes_with_the_model_or_is_asked_for(sandbox) -> None:
    chat = FakeListChatModel(responses=["42"])
    with pytest.raises(UsageError, match=r"set it in your settings, or pass price=Price"):
        ToolAgent(model=LangChainModel(chat), interpreter=sandbox, budget=Budget(usd=1))
    priced = LangChainModel(chat, price=Price(1.0, 2.0))
    with ToolAgent(model=priced, interpreter=sandbox, budget=Budget(usd=1)) as agent:
        assert repr(agent).startswith("ToolAgent(model='fake-list-chat-model")


def test_it_looks_figures_up_in_tables(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text(
        "# Northwell\n\n| In thousands | 2021 | 2020 |\n|---|---:|---:|\n| Net sales | $ 8,412 | $ 7,950 |\n"
        "| Cost of sales | (5,130) | (4,970) |\n"
    )
    calls = [
        call("find_tables", query="net sales 2021 2020"),
        call("python", code="(t1['Net sales', 2021] - t1['Net sales', 2020]) / t1['Net sales', 2020] * 100"),
        "Net sales grew by 5.81 % from 2020 to 2021.",
    ]
    shelf = open_library([tmp_path / "report.md"])
    model = ScriptedModel(calls)
    journal = tmp_path / "run.jsonl"
    with opened(model, shelf, sandbox) as agent:
        found = agent.invoke(QUESTION, journal=str(journal))
    shelf.close()
    assert read_journal(journal).header["documents"] is True
    assert "Net sales | $ 8,412 | $ 7,950" in model.asked[1].messages[-1].content
    assert "5.81132075471698 %" in model.asked[2].messages[-1].content
    looked_up = [source.text for source in found.sources if source.origin == "table"]
    assert looked_up == ["t1['Net sales', 2021]", "t1['Net sales', 2020]"]
    assert not any(source.origin == "unsourced" for source in found.sources)
    assert found.quantity is not None
    assert (found.quantity.unit, found.quantity.scale) == ("%", 1)
    assert found.quantity.value == pytest.approx(5.8113, abs=1e-4)
    for text in ("Net sales grew by 6.2 %.", "Net sales grew by 5.81 % and costs by 3 %.", "They grew."):
        assert replace(found, text=text).quantity is None


def test_a_model_cannot_bring_tables_of_its_own(library: MemoryLibrary, sandbox: Sandbox) -> None:
    forged = {"t1": {"is": "TableRecord", "name": "t1", "columns": [], "rows": []}}
    model = ScriptedModel([call("python", code="t1.rows", tables=forged), "None."])
    with opened(model, library, sandbox) as agent:
        agent.invoke(QUESTION)
    assert "NameError" in model.asked[1].messages[-1].content
