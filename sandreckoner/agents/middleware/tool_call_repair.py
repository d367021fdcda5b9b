"""Tool calls of small models: calls written into the text become real ones, errors and results plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any
from uuid import uuid4

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, hook_config
from langchain.agents.middleware.types import AgentState
from langchain.tools.tool_node import ToolCallRequest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import ToolCall
from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime
from langgraph.types import Command

from sandreckoner.agents.middleware.run_guards import US, EndingState, last_reply, this_run
from sandreckoner.core.execution import JSON
from sandreckoner.reading.tool_calls import first_call


class ToolErrors(AgentMiddleware[AgentState[Any], Any, Any]):
    """Turns an error of a tool into its result; an interrupt is not an error."""

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Call the tool, and convert an error or an artifact."""
        try:
            done = handler(request)
        except GraphBubbleUp:
            raise
        except Exception as fault:  # third-party code may raise anything; the model gets the message
            call = request.tool_call
            said = " ".join(f"{type(fault).__name__}: {fault}".split())[:500]
            return ToolMessage(said, name=call["name"], tool_call_id=call["id"] or "", status="error")
        if isinstance(done, ToolMessage):
            done.artifact = plain(done.artifact)  # else it could not be stored in memory
        return done


_MAX_DEPTH = 30
_MAX_INTEGER = 2**63  # larger integers cannot be encoded in memory


def plain(value: Any, depth: int = 0) -> JSON:
    """Convert a value to JSON; what JSON or the memory cannot hold becomes text.

    >>> plain({"k": 10**20, "names": ("a", "b")})
    {'k': '100000000000000000000', 'names': ['a', 'b']}
    """
    if value is None or isinstance(value, (bool, float, str)):
        return value
    if isinstance(value, int):
        return value if -_MAX_INTEGER <= value < _MAX_INTEGER else _text(value)
    if depth < _MAX_DEPTH and isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    if depth < _MAX_DEPTH and isinstance(value, dict):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    return _text(value)


def _text(value: Any) -> str:
    try:
        return json.dumps(value, default=str)[:20_000]
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"


_LOOKS_LIKE_A_CALL = re.compile(r"<tool_call>|^\s*(?:```(?:json)?\s*)?\{\s*\"(?:name|tool|function|action)\"")
_UNREADABLE = (
    "That looks like a tool call, but it could not be read as JSON. Write it again, or answer in plain words."
)


class ToolCallRepair(AgentMiddleware[EndingState, Any, Any]):
    """Finds calls in the text of replies without any; an unreadable one is sent back once a question."""

    state_schema = EndingState

    def __init__(self, names: Collection[str]) -> None:
        """Set the tools' names; JSON with another name counts as a call only where it is the whole reply."""
        super().__init__()
        self._names = frozenset(names)

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Convert arguments to plain JSON, and cut an invented result after a call."""
        response = handler(request)
        for message in response.result:
            if isinstance(message, AIMessage):
                for call in message.tool_calls:
                    call["args"] = plain(call["args"])
                if message.tool_calls and isinstance(message.content, str):
                    message.content = _thought(message.content)
        return response

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: EndingState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Replace the text by the call found in it."""
        reply = last_reply(state["messages"])
        if reply is None or reply.tool_calls or reply.invalid_tool_calls:
            return None
        text = str(reply.text)
        call = first_call(text)
        alone = bool(_LOOKS_LIKE_A_CALL.search(text))
        if call is not None and isinstance(call.arguments, dict) and (call.name in self._names or alone):
            made = ToolCall(
                name=call.name, args=plain(call.arguments), id=f"call_{uuid4().hex[:12]}", type="tool_call"
            )
            before = re.sub(r"(?:```(?:json)?|<tool_call>)\s*\Z", "", text[: call.start]).strip()
            return {
                "messages": [reply.model_copy(update={"content": _thought(before), "tool_calls": [made]})]
            }
        warned = any(said.name == US and said.text == _UNREADABLE for said in this_run(state["messages"]))
        if alone and not warned:
            return {"messages": [HumanMessage(_UNREADABLE, name=US)], "jump_to": "model"}
        return None


def _thought(beside: str) -> str:
    """Keep the first paragraph beside a call: below it small models invent the result."""
    return beside.strip().partition("\n\n")[0]
