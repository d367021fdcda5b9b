"""Agents: models that choose their own next step."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.agents.build import open_code_agent, open_react_agent
    from sandreckoner.agents.code_agent import CodeAgent
    from sandreckoner.agents.conversations import Interrupt
    from sandreckoner.agents.mcp_servers import mcp_tools
    from sandreckoner.agents.middleware_options import MiddlewareOptions
    from sandreckoner.agents.react import ReAct
    from sandreckoner.agents.tool_agent import ToolAgent
    from sandreckoner.chains.langchain_outputs import as_tool

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
    "CodeAgent": "agents.code_agent",
    "Interrupt": "agents.conversations",
    "ReAct": "agents.react",
    "MiddlewareOptions": "agents.middleware_options",
    "ToolAgent": "agents.tool_agent",
    "mcp_tools": "agents.mcp_servers",
    "as_tool": "chains.langchain_outputs",
    "open_code_agent": "agents.build",
    "open_react_agent": "agents.build",
}


def __getattr__(name: str) -> Any:
    # LangChain takes a second to import; importing this package does not need it.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"sandreckoner.{_HOME[name]}"), name)
