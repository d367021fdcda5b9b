"""Tools in an Ask: offered to chat models of LangChain as they are, and told to others in the prompt."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.language_models import FakeListChatModel, FakeMessagesListChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.messages.tool import invalid_tool_call

from sandreckoner.core.effects import Ask
from sandreckoner.core.message import Message, ToolCall, ToolSchema
from sandreckoner.llms import LangChainModel, ScriptedModel
from sandreckoner.llms.client.replies import from_langchain, to_langchain
from sandreckoner.llms.client.text_tools import TextTools, calls_tools

PRICE = ToolSchema("price", "The price.", {"type": "object", "properties": {"of": {"type": "string"}}})
CALL = ToolCall("price", {"of": "pen"}, "call_0001")
TALK = (
    Message("system", "Be brief."),
    Message("user", "Pens?"),
    Message("assistant", "I look.", (CALL,)),
    Message("tool", "13.75", name="price", call_id=CALL.id),
)


class Calling(FakeMessagesListChatModel):
    """Keeps what it was offered."""

    bound: list[Any] = []  # noqa: RUF012

    def bind_tools(self, tools: Any, **options: Any) -> Any:
        self.bound.append((tools, options))
        return self.bind(tools=tools, **options)


def test_a_conversation_with_calls_survives_the_way_to_langchain_and_back() -> None:
    assert from_langchain(to_langchain(TALK)) == TALK
    assert isinstance(to_langchain(TALK)[-1], ToolMessage)


def test_a_chat_model_is_offered_the_tools_and_its_calls_come_back() -> None:
    for choice in ("auto", "any"):
        broken = invalid_tool_call(name="price", args='{"of": "ink"', id="b", error="cut")
        reply = AIMessage("", tool_calls=[{"name": "price", "args": {"of": "pen"}, "id": "a"}])
        reply.invalid_tool_calls = [broken]
        chat = Calling(responses=[reply], bound=[])
        model = LangChainModel(chat)
        assert calls_tools(model)
        (asked,) = model.ask(Ask(TALK, tools=(PRICE,), tool_choice=choice))
        assert [call.arguments for call in asked.calls] == [{"of": "pen"}, {"of": "ink"}]
        ((offered, options),) = chat.bound
        assert offered[0]["function"]["name"] == "price"
        assert options == ({} if choice == "auto" else {"tool_choice": "any"})


def test_a_chat_model_in_with_retry_takes_tools_too() -> None:
    chat = Calling(responses=[AIMessage("", tool_calls=[{"name": "price", "args": {}, "id": "a"}])], bound=[])
    from sandreckoner.llms import load_model

    model = load_model(chat.with_retry())
    assert calls_tools(model)
    (asked,) = asyncio.run(model.aask(Ask(TALK, tools=(PRICE,))))
    assert asked.calls[0].name == "price" and chat.bound


def test_to_a_model_that_calls_none_they_are_told() -> None:
    assert not calls_tools(LangChainModel(FakeListChatModel(responses=["x"])))
    script = ScriptedModel(['<tool_call>{"name": "price", "arguments": {"of": "ink"}}</tool_call>'])
    (asked,) = TextTools(script).ask(Ask(TALK, tools=(PRICE,)))
    assert asked.calls[0].arguments == {"of": "ink"} and asked.text == ""
    system, question, call, result = script.asked[0].messages
    assert "The price." in system.content and question.content == "Pens?"
    assert call.content.startswith("I look.\n<tool_call>") and result == Message(
        "user", "Result of price:\n13.75"
    )
