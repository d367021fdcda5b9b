"""Make tools of ours, and functions for programs, of LangChain tools and Python functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sandreckoner.core.environment import Tool
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON, Call, Returned
from sandreckoner.core.serialization import as_json
from sandreckoner.tools.functions.function_spec import Function

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

_JSON_KINDS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}
_LONGEST_ERROR = 500


def as_base_tool(tool: BaseTool | Callable[..., Any]) -> BaseTool:
    """Return a LangChain tool as it is; make one of a function by its name, docstring and types."""
    from langchain_core.tools import BaseTool, StructuredTool

    if isinstance(tool, BaseTool):
        fields = getattr(tool.args_schema, "model_fields", ())  # an MCP server's schema is a dict
        injected = set(fields) - set(tool.args) | set(getattr(tool, "_injected_args_keys", ()))
        if injected:
            raise UsageError(
                f"tool {tool.name!r} wants LangGraph's {min(injected)!r}, which only create_agent gives; "
                "use that, with our SandboxMiddleware and BudgetMiddleware"
            )
        return tool
    if not callable(tool) or not tool.__doc__:
        raise UsageError(f"tool {tool!r}: a tool is one of LangChain's, or a function with a docstring")
    return StructuredTool.from_function(tool)


def as_functions(
    tools: Sequence[BaseTool | Callable[..., Any]],
) -> tuple[tuple[Function, ...], Mapping[str, Tool]]:
    """Convert tools to functions for `CodeAgent(functions=…)` and to tools for `Environment.tools`."""
    made = [as_base_tool(tool) for tool in tools]
    return tuple(_function(tool) for tool in made), {tool.name: LangChainTool(tool) for tool in made}


def performer(functions: Sequence[Function], tools: Mapping[str, Tool]) -> Callable[[Call], Returned]:
    """Return what performs a program's calls: each is checked by its function, and made by the tool."""
    known = {function.name: function for function in functions}

    def perform(call: Call) -> Returned:
        try:
            return tools[call.function].use(known[call.function].bind(call))
        except UsageError as fault:
            return Returned(error=str(fault))

    return perform


def _function(tool: BaseTool) -> Function:
    if not tool.name.isidentifier():
        raise UsageError(f"tool {tool.name!r}: a program can only call it by a plain name; give it another")
    arguments = tool.args
    return Function(
        tool.name,
        " ".join(tool.description.split())[:300],
        {name: _JSON_KINDS.get(schema.get("type", ""), "any") for name, schema in arguments.items()},
        {name: schema["default"] for name, schema in arguments.items() if "default" in schema},
    )


class LangChainTool:
    """Performs `Use` with a LangChain tool."""

    def __init__(self, tool: BaseTool) -> None:
        self._tool = tool

    def use(self, arguments: Mapping[str, JSON]) -> Returned:
        try:
            return Returned(as_json(self._tool.invoke(dict(arguments))))
        except Exception as fault:  # third-party code may raise anything; the agent gets the message
            return Returned(error=in_words(fault))

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        try:
            return Returned(as_json(await self._tool.ainvoke(dict(arguments))))
        except Exception as fault:  # as above
            return Returned(error=in_words(fault))


def in_words(fault: Exception) -> str:
    """Write a fault for a model: its type and message, in one line."""
    return " ".join(f"{type(fault).__name__}: {fault}".split())[:_LONGEST_ERROR]
