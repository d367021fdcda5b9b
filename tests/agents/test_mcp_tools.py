"""Tools of an MCP server, held to a real one: our own, `reckon mcp`."""

from __future__ import annotations

import asyncio
import sys

import pytest

from sandreckoner.agents import ToolAgent, mcp_tools
from sandreckoner.core.errors import UsageError
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox

SERVER = {
    "transport": "stdio",
    "command": sys.executable,
    "args": ["-m", "sandreckoner.cli", "mcp", "--accept-uncontained"],
}


def test_an_agent_uses_the_tools_of_a_server(sandbox: Sandbox) -> None:
    tools = mcp_tools({"reckon": SERVER})
    (runs,) = [tool for tool in tools if "code" in tool.args]
    runs.name = "far_python"
    model = ScriptedModel(
        ['<tool_call>{"name": "far_python", "arguments": {"code": "6 * 7"}}</tool_call>', "It is 42."]
    )
    with ToolAgent(model=model, tools=[runs], interpreter=sandbox) as agent:
        assert asyncio.run(agent.ainvoke("6 times 7?")).text == "It is 42."
    assert "42" in model.asked[1].messages[-1].content


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="MCP gone: no tools could be had"):
        mcp_tools({"gone": {"transport": "stdio", "command": "no-such-server", "args": []}})
