"""In-process models forced to call tools: a scripted engine for the requests, the real 0.5B too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import LLMResult
from models import NAME, small_chat  # noqa: F401
from pydantic import BaseModel

from sandreckoner.agents import ToolAgent
from sandreckoner.core.effects import Ask, Use
from sandreckoner.core.trace import Step
from sandreckoner.llms import ChatGGUF
from sandreckoner.llms.local.engine import Emit, Engine, Generation
from sandreckoner.llms.local.in_process import InProcessChat
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary

QUESTION = "By what percentage did the net sales of Northwell grow from 2020 to 2021?"


class WrittenOut(Engine):
    """Replies from a list, in the form of an engine's stream; keeps what it was asked."""

    def __init__(self, replies: list[str]) -> None:
        super().__init__()
        self.replies = iter(replies)
        self.asked: list[dict[str, Any]] = []

    def _write(self, request: dict[str, Any], generation: Generation, emit: Emit) -> None:
        self.asked.append(request)
        text = next(self.replies)
        emit({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]})
        emit({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})

    def _free(self) -> None:
        pass


class Chat(InProcessChat):
    """A chat model on such an engine."""

    model: str = "written out"
    engine: Any = None

    @property
    def _llm_type(self) -> str:
        return "written-out"

    @property
    def _max_samples(self) -> int:
        return 1

    def _load(self) -> Engine:
        assert isinstance(self.engine, Engine)
        return self.engine


def call(name: str, **arguments: Any) -> str:
    return json.dumps({"name": name, "arguments": arguments})


REPLIES = [
    call("search_documents", query="net sales 2021 2020"),
    call("python", code="net-sales_2021 = 8412\ngrowth = (net-sales_2021 - 7950) / 7950 * 100"),
    call("reply", text="Net sales grew by 5.8 %."),
]


def names_in(schema: dict[str, Any]) -> list[str]:
    return [one["properties"]["name"]["const"] for one in schema["anyOf"]]


def test_each_reply_is_held_to_a_call_and_the_last_is_the_text(
    library: MemoryLibrary, sandbox: Sandbox
) -> None:
    engine = WrittenOut(REPLIES)
    with ToolAgent(model=Chat(engine=engine), library=library, interpreter=sandbox) as agent:
        found = agent.invoke(QUESTION)
    assert (found.text, found.usage.calls) == ("Net sales grew by 5.8 %.", 3)
    origins = {source.text: source.origin for source in found.sources}
    assert origins["8412"] == origins["7950"] == "passage"
    offered = ["search_documents", "read_document", "list_documents", "python", "find_tables", "reply"]
    assert [names_in(request["schema"]) for request in engine.asked] == [offered] * 3
    # One conversation is shown before the question, calls and results in their roles; it is not kept.
    first, _, third = (request["messages"] for request in engine.asked)
    roles = ["system", "user", "assistant", "tool", "assistant", "tool", "assistant", "user"]
    assert [message["role"] for message in first] == roles
    assert first[2]["tool_calls"][0]["function"]["name"] == "search_documents"
    # A name with hyphens was repaired, and the value of a last line that only assigns is shown.
    assert third[-1]["content"] == f"5.811320754716981\n\nThe question was: {QUESTION}"
    assert "8,412" in third[-3]["content"] and third[-3]["content"].endswith(f"The question was: {QUESTION}")


def test_without_documents_nothing_is_shown_before(sandbox: Sandbox) -> None:
    engine = WrittenOut([call("reply", text="Hello.")])
    with ToolAgent(model=Chat(engine=engine), interpreter=sandbox) as agent:
        assert agent.invoke("Good morning!").text == "Hello."
    assert [message["role"] for message in engine.asked[0]["messages"]] == ["system", "user"]


def test_a_schema_of_the_users_is_the_last_call(library: MemoryLibrary, sandbox: Sandbox) -> None:
    class Growth(BaseModel):
        """The growth."""

        percent: float

    engine = WrittenOut([REPLIES[0], REPLIES[1], call("Growth", percent=5.8)])
    with ToolAgent(model=Chat(engine=engine), library=library, interpreter=sandbox, schema=Growth) as agent:
        assert json.loads(agent.invoke(QUESTION).text or "") == {"percent": 5.8}
    assert all("reply" not in names_in(request["schema"]) for request in engine.asked)
    assert engine.asked[0]["messages"][-2]["role"] == "tool"  # the shown conversation ends at its result


def test_other_chat_models_are_left_as_they_are(library: MemoryLibrary, sandbox: Sandbox) -> None:
    from langchain_core.language_models import FakeMessagesListChatModel

    bound: list[Any] = []

    class Fake(FakeMessagesListChatModel):
        def bind_tools(self, tools: Any, **options: Any) -> Any:
            bound.append((tools, options))
            return self

    fake = Fake(responses=[AIMessage("Yes.")])
    with ToolAgent(model=fake, library=library, interpreter=sandbox) as agent:
        assert agent.invoke("Is it?").text == "Yes."
    ((tools, options),) = bound
    assert options.get("tool_choice") is None and len(tools) == 5


@pytest.mark.model
def test_every_reply_of_the_small_model_is_a_call_or_the_answer(
    library: MemoryLibrary,
    sandbox: Sandbox,
    small_chat: ChatGGUF,  # noqa: F811
) -> None:
    assert NAME in small_chat.model
    heard: list[AIMessage] = []

    class Heard(BaseCallbackHandler):
        def on_llm_end(self, response: LLMResult, **_: Any) -> None:
            heard.extend(one.message for (one,) in response.generations)  # type: ignore[union-attr, misc]

    model = small_chat.model_copy(update={"callbacks": [Heard()]})
    with ToolAgent(model=model, library=library, interpreter=sandbox, max_steps=6) as agent:
        *events, found = agent.stream(QUESTION)
    effects = [event.effect for event in events if isinstance(event, Step)]
    assert isinstance(effects[0], Ask)
    # Which tools it takes, if any, is the model's own choice and differs between processors; that each reply
    # is a call of one of them, and only the last the answer, is the shape it is held to.
    names = [[call["name"] for call in message.tool_calls] for message in heard]
    assert names and all(len(of_one) == 1 for of_one in names)
    tools = {"search_documents", "read_document", "list_documents", "python", "find_tables"}
    assert {name for (name,) in names[:-1]} <= tools and names[-1][0] in tools | {"reply"}
    assert {effect.tool for effect in effects if isinstance(effect, Use)} <= tools
    assert "tool_call" not in (found.text or "") and '"name"' not in (found.text or "")
