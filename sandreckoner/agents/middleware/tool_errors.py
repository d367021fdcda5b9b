"""What a tool raises, told to the model in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import AgentState
from langchain.tools.tool_node import ToolCallRequest
from langchain_core.messages import ToolMessage
from langgraph.errors import GraphBubbleUp
from langgraph.types import Command

from sandreckoner.agents.middleware.plain_json import plain


class ToolErrors(AgentMiddleware[AgentState[Any], Any, Any]):
    """Turns a fault of a tool into its result. A pause is no fault."""

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Call the tool."""
        try:
            done = handler(request)
        except GraphBubbleUp:
            raise
        except Exception as fault:  # a stranger's code: whatever it raises, the model is told
            call = request.tool_call
            said = " ".join(f"{type(fault).__name__}: {fault}".split())[:500]
            return ToolMessage(said, name=call["name"], tool_call_id=call["id"] or "", status="error")
        if isinstance(done, ToolMessage):
            done.artifact = plain(done.artifact)  # else the memory could not keep it
        return done
