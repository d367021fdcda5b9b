"""Convert tool calls that a model wrote into its text as JSON, some of it broken, to real calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any
from uuid import uuid4

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, hook_config
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages.tool import ToolCall
from langgraph.runtime import Runtime

from sandreckoner.agents.middleware.run_ending import US, EndingState, last_reply, this_run
from sandreckoner.agents.middleware.tool_errors import plain
from sandreckoner.reading.tool_calls import first_call

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
