"""Force in-process models to call tools: each reply is a call of a tool, or of `reply` with a text.

A small model that writes freely announces its search and then invents the result. Constrained to the tools'
schema by a grammar, and shown one conversation with documents, it searches and computes. Models on servers
are left unconstrained: they were trained on tool calls, and some reject forced calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.middleware.types import AgentState
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import ToolCall
from langchain_core.utils.function_calling import convert_to_openai_tool

from sandreckoner.agents.middleware.run_guards import US
from sandreckoner.chains.prompt import Example
from sandreckoner.llms.local.in_process import InProcessChat


def reply(text: str) -> None:
    """Say something to the user and end your turn."""


_REPLY: dict[str, Any] = convert_to_openai_tool(reply)


class ForcedToolCalls(AgentMiddleware[AgentState[Any], Any, Any]):
    """Forces an in-process model to call a tool, and converts a call of `reply` to its text."""

    def __init__(self, examples: Sequence[Example] = ()) -> None:
        """Set the conversation to show.

        Args:
            examples: its turns; each reply is a call as JSON, and what follows one is its result.
        """
        super().__init__()
        self._shown = _conversation(examples)

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Force a call where the model supports it and no other tool choice is requested."""
        model: Any = request.model
        if not isinstance(model, InProcessChat) or request.tool_choice is not None or not request.tools:
            return handler(request)
        messages = _reminded(request.messages)
        if request.response_format is not None:  # then LangChain asks for a call, and its schema is the last
            return handler(request.override(messages=[*self._shown[:-1], *messages]))
        held = request.override(
            messages=[*self._shown, *messages], tools=[*request.tools, _REPLY], tool_choice="any"
        )
        response = handler(held)
        response.result = [_spoken(one) if isinstance(one, AIMessage) else one for one in response.result]
        return response


def _reminded(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Repeat the question below each tool result, as small models forget it over a long one."""
    reminded: list[AnyMessage] = []
    question = ""
    for message in messages:
        if isinstance(message, HumanMessage) and message.name != US:
            question = str(message.text)
        elif isinstance(message, ToolMessage):
            said = f"{message.text}\n\nThe question was: {question}"
            message = message.model_copy(update={"content": said})
        reminded.append(message)
    return reminded


def _spoken(message: AIMessage) -> AIMessage:
    """Convert a call of `reply` to its text."""
    said = [
        str(call["args"].get("text", "")) for call in message.tool_calls if call["name"] == reply.__name__
    ]
    if not said:
        return message
    return message.model_copy(update={"content": said[0], "tool_calls": []})


def _conversation(examples: Sequence[Example]) -> list[AnyMessage]:
    messages: list[AnyMessage] = []
    called: ToolCall | None = None
    for number, example in enumerate(examples):
        if called is None:
            messages.append(HumanMessage(example.question))
        else:
            messages.append(ToolMessage(example.question, name=called["name"], tool_call_id=called["id"]))
        record = json.loads(example.reply)
        called = ToolCall(
            name=record["name"], args=record["arguments"], id=f"example_{number}", type="tool_call"
        )
        messages.append(AIMessage("", tool_calls=[called]))
    return messages
