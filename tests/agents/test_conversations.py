"""Conversations of the tool agent: interrupted, failed, resumed elsewhere, replayed, asked twice at once."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import signal
import sqlite3
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import pytest
from langchain.agents.middleware import AgentMiddleware, ToolRetryMiddleware
from langchain.tools import ToolRuntime
from langchain_core.messages import AIMessage
from langchain_core.runnables import ConfigurableField
from langchain_core.tools import tool
from pydantic import BaseModel

from sandreckoner.agents import Interrupt, MiddlewareOptions, ToolAgent
from sandreckoner.core.budget import Budget
from sandreckoner.core.effects import Ask, Run, Use
from sandreckoner.core.errors import ModelError, UsageError
from sandreckoner.core.execution import Execution
from sandreckoner.core.journal import read_journal
from sandreckoner.core.message import Completion, Message, ToolCall
from sandreckoner.core.trace import Step, StepStarted
from sandreckoner.langchain.text_chat import TextChat
from sandreckoner.testing import ScriptedModel
from sandreckoner.tools.python import Sandbox


def call(name: str, **arguments: Any) -> str:
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


class Till:
    """A till that keeps what was paid."""

    def __init__(self) -> None:
        self.paid: list[int] = []
        self.fails = False

    def pay(self, eur: int) -> str:
        """Pay."""
        if self.fails:
            raise KeyboardInterrupt  # as if the process ended here
        self.paid.append(eur)
        return f"paid {eur}"


def agent(model: Any, sandbox: Sandbox, till: Till | None = None, **options: Any) -> ToolAgent:
    tools = [till.pay] if till else []
    return ToolAgent(model=model, interpreter=sandbox, tools=tools, **options)


def test_a_question_to_the_user_is_answered_in_another_process(sandbox: Sandbox, tmp_path: Path) -> None:
    till, memory = Till(), tmp_path / "talks.sqlite"
    approve = MiddlewareOptions(approve="pay")
    first = [call("python", code="eur = 40"), call("pay", eur=40)]
    with agent(ScriptedModel(first), sandbox, till, memory=memory, middleware_options=approve) as one:
        assert isinstance(one.invoke("Pay 40.", thread="t"), Interrupt)
    rest = [call("python", code="eur + 2"), "Paid; that and two is 42."]
    model = ScriptedModel(rest)
    with agent(model, sandbox, till, memory=memory, middleware_options=approve) as two:
        waiting = two.resume(thread="t")
        assert isinstance(waiting, Interrupt) and waiting.calls[0]["args"] == {"eur": 40} and not till.paid
        found = two.resume(True, thread="t")
        assert (found.text, found.usage.calls, till.paid) == ("Paid; that and two is 42.", 4, [40])
        assert two.resume(thread="t") == found  # nothing is left to do
        with pytest.raises(UsageError, match="there is no conversation 'u'"):
            two.resume(thread="u")


PAYING = Completion("", calls=tuple(ToolCall("pay", {"eur": n}, f"call_{n:04}") for n in (1, 2, 3)))


class Broken(Till):
    """A till that breaks off the run in its second payment, while the others are made."""

    def pay(self, eur: int) -> str:
        """Pay."""
        self.fails = eur == 2 and not self.mended
        return super().pay(eur)

    mended = False


def test_of_several_calls_only_the_one_in_progress_is_made_again(sandbox: Sandbox, tmp_path: Path) -> None:
    till, memory, journal = Broken(), tmp_path / "talks.sqlite", tmp_path / "run.jsonl"
    with (
        agent(ScriptedModel([PAYING]), sandbox, till, memory=memory) as one,
        pytest.raises(KeyboardInterrupt),
    ):
        one.invoke("Pay.", thread="t")
    assert sorted(till.paid) == [1, 3]
    till.mended = True
    with agent(ScriptedModel(["Paid all."]), sandbox, till, memory=memory) as two:
        events: list[Any] = []
        found = two.resume(thread="t", listener=events.append, journal=str(journal))
        assert found.text == "Paid all." and two.replay(read_journal(journal)) == found
    assert sorted(till.paid) == [1, 2, 3]
    assert [type(event.effect) for event in events if isinstance(event, Step)] == [Use, Ask]


def test_calls_that_were_done_beside_one_that_was_cut_short_are_told_as_done(sandbox: Sandbox) -> None:
    till, model = Broken(), ScriptedModel([PAYING, "One is not known."])
    with agent(model, sandbox, till) as one:
        with pytest.raises(KeyboardInterrupt):
            one.invoke("Pay.", thread="t")
        one.invoke("What was paid?", thread="t")
    results = [message.content for message in model.asked[-1].messages if "Result of pay" in message.content]
    assert ["paid 1" in results[0], "not known" in results[1], "paid 3" in results[2]] == [True] * 3


def test_calls_of_one_reply_are_made_at_the_same_time_and_keep_their_order(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    met = threading.Barrier(3, timeout=60)

    def look_up(name: str) -> str:
        """Look up a name."""
        met.wait()  # passes only where three are inside
        if name == "b":
            raise OSError("the line is dead")
        return f"{name} is known"

    reply = Completion("", calls=tuple(ToolCall("look_up", {"name": name}, f"look_{name}") for name in "abc"))
    journal = tmp_path / "run.jsonl"
    for awaited in (False, True):
        model = ScriptedModel([reply, "Known."])
        with ToolAgent(model=model, interpreter=sandbox, tools=[look_up]) as one:
            events: list[Any] = []
            told: Any = {"journal": str(journal), "listener": events.append}
            found = asyncio.run(one.ainvoke("Who?", **told)) if awaited else one.invoke("Who?", **told)
            assert one.replay(read_journal(journal)) == found
        said = [message.content for message in model.asked[1].messages if message.role == "user"][1:]
        assert said == [
            "Result of look_up:\na is known",
            "Result of look_up:\nOSError: the line is dead",
            "Result of look_up:\nc is known",
        ]
        assert [event.index for event in events if isinstance(event, Step)] == [0, 1, 2, 3, 4]


def test_programs_of_one_reply_run_in_order_after_what_stands_before_them(sandbox: Sandbox) -> None:
    till = Till()
    calls = [ToolCall("python", {"code": code}) for code in ("x = 1", "x = x + 1", "x")]
    reply = Completion("", calls=(ToolCall("pay", {"eur": 1}, "first"), *calls))
    model = ScriptedModel([reply, "2"])
    with agent(model, sandbox, till) as one:
        assert one.invoke("Count.").text == "2"
    assert model.asked[1].messages[-1].content.endswith("2")


def test_after_a_failure_the_next_question_knows_what_was_done(sandbox: Sandbox) -> None:
    till = Till()
    replies = iter([call("pay", eur=5), None, "You have paid 5.", None, "Still 5."])

    def script(_: tuple[Message, ...]) -> str:
        if (reply := next(replies)) is None:
            raise ModelError("the line is dead")
        return reply

    model = ScriptedModel(script)
    with agent(model, sandbox, till) as one:
        with pytest.raises(ModelError, match="the line is dead"):
            one.invoke("Pay 5.", thread="t")
        assert one.invoke("What have I paid?", thread="t").text == "You have paid 5."
        with pytest.raises(ModelError, match="the line is dead"):
            one.invoke("And now?", thread="t")
        assert one.resume(thread="t").text == "Still 5."
    seen = [message.content for message in model.asked[-1].messages]
    assert "Pay 5." in seen and "Result of pay:\npaid 5" in seen and till.paid == [5]


def test_a_call_that_was_cut_short_is_told_as_unknown(sandbox: Sandbox, tmp_path: Path) -> None:
    till, memory = Till(), tmp_path / "talks.sqlite"
    till.fails = True
    one = agent(ScriptedModel([call("pay", eur=5)]), sandbox, till, memory=memory)
    with one, pytest.raises(KeyboardInterrupt):
        one.invoke("Pay 5.", thread="t")
    model = ScriptedModel(["I do not know whether it was paid."])
    with agent(model, sandbox, till, memory=memory) as two:
        assert two.invoke("Did you?", thread="t").text
    assert "not known whether this was done" in str(model.asked[0].messages)


def test_a_later_question_of_a_conversation_is_replayed(sandbox: Sandbox, tmp_path: Path) -> None:
    replies = [call("python", code="x = 41"), "Kept 41.", call("python", code="x + 1"), "It is 42."]
    with agent(ScriptedModel(replies), sandbox) as one:
        one.invoke("Keep 41.", thread="t")
        found = one.invoke("And one more?", thread="t", journal=str(tmp_path / "run.jsonl"))
        again = one.replay(read_journal(tmp_path / "run.jsonl"))
    assert again == found and found.winner is not None and found.winner.program == "x = 41\nx + 1"


def test_the_journal_of_a_resumed_run_is_the_whole_run(sandbox: Sandbox, tmp_path: Path) -> None:
    replies = [call("ask_user", question="Which year?"), "2021 it is."]
    with agent(ScriptedModel(replies), sandbox, asks=True) as one:
        one.invoke("What of it?", thread="t")
        found = one.resume("2021", thread="t", journal=str(tmp_path / "run.jsonl"))
        assert one.replay(read_journal(tmp_path / "run.jsonl")) == found


def test_a_budget_counts_what_was_spent_before(sandbox: Sandbox, tmp_path: Path) -> None:
    memory, replies = tmp_path / "talks.sqlite", [call("ask_user", question=f"{n}?") for n in range(9)]
    with agent(ScriptedModel(replies), sandbox, asks=True, memory=memory, budget=Budget(calls=3)) as one:
        one.invoke("Ask.", thread="t")
        one.resume("a", thread="t")
    with agent(ScriptedModel(replies[2:]), sandbox, asks=True, memory=memory, budget=Budget(calls=3)) as two:
        two.resume("b", thread="t")
        found = two.resume("c", thread="t")
    assert (found.status, found.usage.calls) == ("budget spent", 3)


def test_a_conversation_answers_one_question_at_a_time(sandbox: Sandbox) -> None:
    begun, go = threading.Event(), threading.Event()

    def wait() -> str:
        """Waits."""
        begun.set()
        assert go.wait(60)
        return "there"

    model = ScriptedModel([call("wait"), "done", "other"])
    with ToolAgent(model=model, interpreter=sandbox, tools=[wait]) as one:
        answers: list[Any] = []
        thread = threading.Thread(target=lambda: answers.append(one.invoke("Wait.", thread="t")))
        thread.start()
        assert begun.wait(60)
        with pytest.raises(UsageError, match="is being answered"):
            one.invoke("And?", thread="t")
        go.set()
        thread.join(60)
        assert answers[0].text == "done" and one.invoke("And?", thread="t").text == "other"


def test_a_conversation_without_a_name_is_kept_only_while_it_waits(sandbox: Sandbox, tmp_path: Path) -> None:
    memory = tmp_path / "talks.sqlite"
    replies = ["Yes.", call("ask_user", question="Which year?"), "2021 it is."]
    with agent(ScriptedModel(replies), sandbox, asks=True, memory=memory) as one:
        assert one.invoke("Is it?").text == "Yes."
        waiting = one.invoke("What of it?")
        assert isinstance(waiting, Interrupt)
        with sqlite3.connect(memory) as file:
            assert file.execute("SELECT DISTINCT thread FROM conversations").fetchall() == [(waiting.thread,)]
        assert one.resume("2021", thread=waiting.thread).text == "2021 it is."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pthread_kill")
def test_a_call_that_ends_after_its_run_was_given_up_is_no_step_of_the_next(sandbox: Sandbox) -> None:
    given_up = threading.Event()

    def look_up(n: int) -> str:
        """Looks something up, slowly."""
        if n == 2:
            time.sleep(0.1)  # until the run waits for both
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        assert given_up.wait(20)
        return "late"

    both = Completion("", calls=(ToolCall("look_up", {"n": 1}), ToolCall("look_up", {"n": 2})))
    replies = iter([both, call("ask_user", question="Which year?"), "2021 it is."])

    def script(_: tuple[Message, ...]) -> Any:
        reply = next(replies)
        if reply is not both:
            given_up.set()
            for worker in [each for each in threading.enumerate() if each.name.startswith("reckon_")]:
                worker.join(20)
        return reply

    with ToolAgent(ScriptedModel(script), interpreter=sandbox, tools=[look_up], asks=True) as one:
        with pytest.raises(KeyboardInterrupt):
            one.invoke("Look.", thread="t")
        assert isinstance(one.invoke("And now?", thread="t"), Interrupt)
        assert one.resume("2021", thread="t").text == "2021 it is."


async def test_a_run_that_is_awaited_can_be_cancelled(sandbox: Sandbox) -> None:
    async def slow() -> str:
        """Never ends."""
        await asyncio.sleep(600)
        return ""

    from langchain_core.tools import StructuredTool

    tools = [StructuredTool.from_function(coroutine=slow, name="slow", description="Never ends.")]
    with ToolAgent(model=ScriptedModel([call("slow"), "x"]), interpreter=sandbox, tools=tools) as one:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(one.ainvoke("Go.", thread="t"), 1)
        assert (await one.ainvoke("And now?", thread="t")).text == "x"


def test_calls_that_a_model_makes_itself_are_performed(sandbox: Sandbox) -> None:
    script = [
        Completion("I compute.", calls=(ToolCall("python", {"code": "6 * 7"}),)),
        Completion(
            "", calls=(ToolCall("python", {"code": "_ = 1"}), ToolCall("nothing", {"nan": float("nan")}))
        ),
        "42",
    ]
    model = ScriptedModel(script)
    with agent(model, sandbox) as one:
        assert one.invoke("6 times 7?").text == "42"
    assert "nothing is not a valid tool" in model.asked[-1].messages[-1].content


class Growth(BaseModel):
    percent: float


def test_an_answer_in_words_is_sent_back_where_a_schema_is_wanted(sandbox: Sandbox) -> None:
    with agent(ScriptedModel(["5.8 %", call("Growth", percent=5.8)]), sandbox, schema=Growth) as one:
        found = one.invoke("How much?")
        assert (found.text, found.data) == ('{"percent": 5.8}', Growth(percent=5.8))
    with agent(ScriptedModel(["5.8 %", "5.8 %"]), sandbox, schema=Growth) as one:
        found = one.invoke("How much?")
    assert (found.text, found.status) == (None, "no answer") and "call of Growth" in found.reason


@pytest.mark.parametrize(
    ("schema", "name", "data"),
    [
        (Growth, "Growth", Growth(percent=5.8)),
        (
            {"properties": {"percent": {"type": "number"}}, "required": ["percent"]},
            "give_answer",
            {"percent": 5.8},
        ),
    ],
    ids=["class", "JSON schema"],
)
def test_a_structured_answer_is_kept_and_read_back_as_its_schema(
    sandbox: Sandbox, tmp_path: Path, schema: Any, name: str, data: Any
) -> None:
    journal = tmp_path / "run.jsonl"
    replies = [call(name, percent="much"), call(name, percent=5.8)]
    with agent(ScriptedModel(replies), sandbox, schema=schema) as one:
        found = one.invoke("How much?", thread="t", journal=str(journal))
        assert found.data == data and found.usage.calls == 2
        assert one.resume(thread="t") == one.replay(read_journal(journal)) == found


def test_personal_data_that_a_tool_gives_is_kept_nowhere(sandbox: Sandbox, tmp_path: Path) -> None:
    def customer() -> dict[str, Any]:
        """The customer."""
        return {"mail": ["ann@example.org"], "card": 4111111111111111, "owes": 8412}

    options = MiddlewareOptions(personal_data="redact")
    model = ScriptedModel([call("customer"), call("python", code="'bob@example.org'"), "8412 it is."])
    talks, run = tmp_path / "talks.sqlite", tmp_path / "run.jsonl"
    with ToolAgent(
        model=model, interpreter=sandbox, tools=[customer], memory=talks, middleware_options=options
    ) as one:
        assert one.invoke("What does she owe?", thread="t", journal=str(run)).text == "8412 it is."
        kept = "".join(path.read_bytes().decode(errors="replace") for path in tmp_path.iterdir())
    for secret in ("ann@", "4111111111111111"):
        assert secret not in kept and secret not in str(model.asked[-1].messages)
    assert "8412" in kept and "bob@" not in str(model.asked[-1].messages[-1])


def test_middleware_that_wraps_calls_is_used(sandbox: Sandbox) -> None:
    class Loud(AgentMiddleware):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            reply = handler(request)
            return AIMessage(reply.result[0].text.upper(), tool_calls=reply.result[0].tool_calls)

    tries: list[int] = []

    @tool
    def flaky() -> str:
        """Fails once."""
        tries.append(1)
        if len(tries) < 2:
            raise OSError("busy")
        return "there"

    chat = TextChat(model=ScriptedModel([call("flaky"), "done"]))
    retry = ToolRetryMiddleware(max_retries=1, initial_delay=0.01)
    with ToolAgent(model=chat, interpreter=sandbox, tools=[flaky], middleware=[Loud(), retry]) as one:
        assert one.invoke("Try.").text == "DONE"
    assert len(tries) == 2
    with pytest.raises(UsageError, match="chat model of LangChain"):
        ToolAgent(model=ScriptedModel([]), interpreter=sandbox, middleware=[Loud()])


def test_what_cannot_work_is_refused_at_construction(sandbox: Sandbox) -> None:
    @tool
    def needy(runtime: ToolRuntime) -> str:
        """Wants the graph."""
        return ""

    for options, said in (
        ({"tools": [needy]}, "wants LangGraph's 'runtime'"),
        ({"tools": [Till().pay, Till().pay]}, "two tools are called 'pay'"),
        ({"middleware_options": MiddlewareOptions(approve=["send"])}, "there is no tool 'send'"),
        ({"tools": [lambda x: x]}, "docstring"),
        ({"max_steps": 0}, "max_steps must be"),
        ({"schema": float}, "an agent's answer has fields"),
        ({"schema": {"properties": {"a": {"$ref": "http://127.0.0.1:9/a"}}}}, "schema: "),
    ):
        with pytest.raises(UsageError, match=said):
            ToolAgent(model=ScriptedModel([]), interpreter=sandbox, **options)  # type: ignore[arg-type]


def test_an_agent_says_what_it_is_and_is_not_pickled(sandbox: Sandbox) -> None:
    with agent(ScriptedModel(["Yes.", "Yes."]), sandbox) as one:
        assert repr(one) == "ToolAgent(model='scripted')"
        with pytest.raises(TypeError, match="cannot be pickled; build it where it is used"):
            pickle.dumps(one)
        assert copy.deepcopy(one).invoke("Is it?").text == "Yes."
        for name in ("invoke", "stream", "batch"):
            with pytest.raises(TypeError, match="'tread'"):
                list(getattr(one, name)(["q"] if name == "batch" else "q", tread="monday"))
        with pytest.raises(UsageError, match="build another"):
            one.with_options(budget=Budget(calls=1))
        with pytest.raises(UsageError, match="configurable_alternatives"):
            one.configurable_fields(budget=ConfigurableField(id="limit"))
        asked = one.as_tool(name="analyst", description="Knows.")
        assert asked.invoke({"question": "Is it?"}) == "Yes."


def test_a_conversation_in_a_config_is_the_same(sandbox: Sandbox) -> None:
    model = ScriptedModel([call("python", code="x = 41"), "Kept.", call("python", code="x + 1"), "42"])
    with agent(model, sandbox) as one:
        config: Any = {"configurable": {"thread_id": "t"}}
        one.invoke("Keep 41.", config)
        assert one.invoke("One more?", config).text == "42"
    assert Message("user", "Keep 41.") in model.asked[-1].messages


def test_closing_frees_variables_and_conversations_but_not_what_is_shared(sandbox: Sandbox) -> None:
    kept: list[weakref.ref[Any]] = []

    class Watched:
        def perform(self, effect: Any, *, timeout_s: float | None = None) -> Execution:
            execution = sandbox.perform(effect, timeout_s=timeout_s)
            kept.append(weakref.ref(execution.state))
            return execution

    one = ToolAgent(ScriptedModel([call("python", code="x = 41"), "Kept.", "Yes."]), interpreter=Watched())  # type: ignore[arg-type]  # it only runs
    one.invoke("Keep 41.", thread="t")
    copy.deepcopy(one).close()
    assert kept[-1]() is not None and one.invoke("Is it there?", thread="t").text == "Yes."
    one.close()
    assert kept[-1]() is None
    with pytest.raises(Exception, match="closed"):
        one.invoke("And now?", thread="t")
    assert sandbox.perform(Run("6 * 7")).value == 42


def test_a_conversation_goes_on_after_its_stream_was_left(sandbox: Sandbox) -> None:
    till, left, before = Till(), threading.Event(), set(threading.enumerate())

    def paying(messages: tuple[Message, ...]) -> str:
        assert left.wait(20)
        return "Paid." if any("paid 40" in one.content for one in messages) else call("pay", eur=40)

    with agent(ScriptedModel(paying), sandbox, till) as one:
        stream = one.stream("Pay 40.", thread="t")
        assert isinstance(next(stream), StepStarted)
        workers = set(threading.enumerate()) - before
        stream.close()
        left.set()
        for worker in workers:
            worker.join(20)
        assert not till.paid
        assert one.resume(thread="t").text == "Paid." and till.paid == [40]
