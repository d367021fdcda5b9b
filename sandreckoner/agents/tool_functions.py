"""Functions that an agent's programs may call: described, checked, and made of LangChain tools."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandreckoner.core.environment import Tool
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON, Call, Returned

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

MAX_ARGUMENTS = 20_000  # characters of all arguments of one call, as JSON
_KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function as described to the model, and used to validate calls.

    Attributes:
        name: what programs call it.
        description: one line that says what it does and gives.
        parameters: their kinds by name, in order: `str`, `int`, `float`, `bool`, `list`, `dict` or `any`.
        defaults: the parameters that may be left out, and what they are then.
    """

    name: str
    description: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def signature(self) -> str:
        """The signature and what it does, as a line of Python."""
        parts = [
            name
            + ("" if kind == "any" else f": {kind}")
            + (f" = {self.defaults[name]!r}" if name in self.defaults else "")
            for name, kind in self.parameters.items()
        ]
        return f"{self.name}({', '.join(parts)})  # {self.description}"

    def bind(self, call: Call) -> dict[str, JSON]:
        """Return the arguments of a call by name, each checked for its type.

        Raises:
            UsageError: they do not fit; the message is for the program.
        """
        if len(call.positional) > len(self.parameters):
            raise UsageError(
                f"{self.name}() takes at most {len(self.parameters)} arguments, not {len(call.positional)}; "
                f"it is {self.signature}. Numbers are written without commas between thousands: 1226114"
            )
        given = dict(zip(self.parameters, call.positional, strict=False))
        for name, value in call.named.items():
            if name not in self.parameters or name in given:
                raise UsageError(f"{self.name}() has no place for {name[:50]!r}; it is {self.signature}")
            given[name] = value
        bound = {**self.defaults, **given}
        for name, kind in self.parameters.items():
            if name not in bound:
                raise UsageError(f"{self.name}() needs {name!r}; it is {self.signature}")
            if name in given and kind != "any" and type(given[name]) not in _KINDS[kind]:
                raise UsageError(f"{self.name}() wants {name!r} as {kind}, not {_said(given[name])}")
        if len(json.dumps(bound)) > MAX_ARGUMENTS:
            raise UsageError(f"the arguments of {self.name}() are longer than {MAX_ARGUMENTS:,} characters")
        return bound


def _said(value: JSON) -> str:
    """Name a value's type as the program knows it."""
    kind = value.get("type") if isinstance(value, dict) else None
    return kind[:50] if isinstance(kind, str) else type(value).__name__


SEARCH = Function(
    "search",
    "passages of the user's documents, best first, each a dict with id, source, page and text",
    {"query": "str", "k": "int"},
    {"k": 4},
)
READ = Function("read", "what stands around a passage, as a dict of the same kind", {"id": "str"})
LIST_DOCUMENTS = Function("list_documents", "the names of the documents, as a list")
ANSWER = Function("answer", "gives the answer, a number or a short text, and ends", {"value": "any"})

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
            return Returned(_plain(self._tool.invoke(dict(arguments))))
        except Exception as fault:  # third-party code may raise anything; the agent gets the message
            return Returned(error=_in_words(fault))

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        try:
            return Returned(_plain(await self._tool.ainvoke(dict(arguments))))
        except Exception as fault:  # as above
            return Returned(error=_in_words(fault))


def _in_words(fault: Exception) -> str:
    return " ".join(f"{type(fault).__name__}: {fault}".split())[:_LONGEST_ERROR]


def _plain(value: Any) -> JSON:
    """Convert a tool's result to JSON; what JSON cannot hold becomes text."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return str(value)
