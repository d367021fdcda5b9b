"""Turn what a tool raises into a one-line result for the model, and what it returns into plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import AgentState
from langchain.tools.tool_node import ToolCallRequest
from langchain_core.messages import ToolMessage
from langgraph.errors import GraphBubbleUp
from langgraph.types import Command

from sandreckoner.core.execution import JSON


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
