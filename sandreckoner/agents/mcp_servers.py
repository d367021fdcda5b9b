"""Make tools of MCP servers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from sandreckoner.core.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

T = TypeVar("T")


def mcp_tools(servers: Mapping[str, Mapping[str, Any]]) -> list[BaseTool]:
    """Return the tools of MCP servers.

    Args:
        servers: the connection of each by name, as in `langchain-mcp-adapters`:
            `{"sums": {"transport": "stdio", "command": "reckon", "args": ["mcp"]}}`. A server on stdio is
            started anew for each call: nothing of one call is there in the next.

    Raises:
        MissingExtra: the package is not installed.
        UsageError: a server cannot be reached.
    """
    try:
        from langchain_mcp_adapters.client import MultiServerMCPClient
    except ModuleNotFoundError:
        raise MissingExtra(
            "langchain-mcp-adapters is not installed: pip install 'sandreckoner[agents]'"
        ) from None
    client = MultiServerMCPClient({name: dict(server) for name, server in servers.items()})  # type: ignore[misc]  # TypedDicts
    try:
        tools = _wait(client.get_tools())
    except Exception as fault:  # whatever the transport raises, the user needs the server's name
        raise UsageError(f"MCP {', '.join(servers)}: no tools could be had ({_root(fault)})") from fault
    return [_waiting(tool) for tool in tools]


def _waiting(tool: BaseTool) -> BaseTool:
    """Make an adapter's tool, which can only be awaited, callable."""
    from langchain_core.tools import StructuredTool

    assert isinstance(tool, StructuredTool) and tool.coroutine is not None
    coroutine = tool.coroutine

    def call(**arguments: Any) -> Any:
        return _wait(coroutine(**arguments))

    tool.func = call
    return tool


def _wait(work: Awaitable[T]) -> T:
    """Run a coroutine in a separate thread, as this one may have an event loop."""
    with ThreadPoolExecutor(1, thread_name_prefix="mcp") as thread:
        return thread.submit(asyncio.run, _awaited(work)).result()


async def _awaited(work: Awaitable[T]) -> T:
    return await work


def _root(fault: BaseException) -> str:
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return f"{type(fault).__name__}: {fault}"
