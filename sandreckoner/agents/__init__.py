"""Agents: models that choose their own next step."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.agents.build import open_code_agent, open_react_agent
    from sandreckoner.agents.code_agent import CodeAgent
    from sandreckoner.agents.conversations import Interrupt
    from sandreckoner.agents.external_tools import as_tool, mcp_tools
    from sandreckoner.agents.middleware_options import MiddlewareOptions
    from sandreckoner.agents.react import ReAct
    from sandreckoner.agents.tool_agent import ToolAgent

__all__ = [
    "CodeAgent",
    "Interrupt",
    "MiddlewareOptions",
    "ReAct",
    "ToolAgent",
    "as_tool",
    "mcp_tools",
    "open_code_agent",
    "open_react_agent",
]

TOOL_AGENT = "tool agent"  # what a tool agent's journal has instead of a specification: it has none

_HOME = {
    "CodeAgent": "code_agent",
    "Interrupt": "conversations",
    "ReAct": "react",
    "MiddlewareOptions": "middleware_options",
    "ToolAgent": "tool_agent",
    "mcp_tools": "external_tools",
    "as_tool": "external_tools",
    "open_code_agent": "build",
    "open_react_agent": "build",
}


def __getattr__(name: str) -> Any:
    # LangChain takes a second to import; importing this package does not need it.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
