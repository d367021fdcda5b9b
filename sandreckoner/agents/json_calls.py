"""Tool calls that arrive as JSON somewhere in a model's text, in any of the shapes that models write.

    {"name": "search", "arguments": {"query": "…"}}          OpenAI's, Qwen's
    {"action": "Search", "action_input": "…"}                LangChain's older agents
    {"tool": "search", "parameters": {…}}                    and others

The text is hostile: it is read by `json` alone, from a bounded number of places.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandreckoner.core.execution import JSON
from sandreckoner.llms.toolcalls import is_definition

MAX_CHARACTERS = 100_000
MAX_STARTS = 50
_NAMES = ("name", "action", "tool", "tool_name")
_ARGUMENTS = ("arguments", "parameters", "action_input", "args", "input", "tool_input")
_CLOSINGS = ("", "}", "}}", '"}', '"}}', "]}", "]}}")  # of an object that was cut off or miscounted


@dataclass(frozen=True, slots=True)
class JSONCall:
    """A call as it was written.

    Attributes:
        name: of the tool; it may not exist.
        arguments: an object, or whatever single value stands in its place.
        start: offset of its first character in the text.
    """

    name: str
    arguments: JSON
    start: int


def first_call(text: str) -> JSONCall | None:
    """The first object in a text that names a tool; None where there is none. Never raises."""
    text = text[:MAX_CHARACTERS]
    start = text.find("{")
    for _ in range(MAX_STARTS):
        if start < 0:
            return None
        value = object_at(text, start)
        if value is not None and (call := _as_call(value, start)) is not None:
            return call
        start = text.find("{", start + 1)
    return None


def object_at(text: str, start: int) -> dict[str, Any] | None:
    """The JSON object that begins here, its missing closing brackets supplied."""
    rest = text[start:].partition("</tool_call>")[0].rstrip("` \r\n")
    for closing in _CLOSINGS:
        try:
            # A literal line break within a string is what models write most often against the grammar.
            value, _ = json.JSONDecoder(strict=False).raw_decode(rest + closing)
        except (ValueError, RecursionError):
            continue
        return value if isinstance(value, dict) else None
    return None


def _as_call(record: Mapping[str, Any], start: int) -> JSONCall | None:
    inner = record.get("function")
    if isinstance(inner, Mapping):
        record = inner
    elif isinstance(inner, str):
        record = {"name": inner, **record}
    name = next((record[key] for key in _NAMES if isinstance(record.get(key), str)), None)
    if not name or len(name) > 100 or is_definition(record):
        return None
    arguments: JSON = next((record[key] for key in _ARGUMENTS if key in record), {})
    if isinstance(arguments, str) and arguments.lstrip().startswith("{"):
        arguments = object_at(arguments.strip(), 0) or arguments
    return JSONCall(name, arguments, start)


def only_argument(arguments: JSON) -> str:
    """The argument of a tool that takes one text: the value itself, or the only or first of an object."""
    if isinstance(arguments, Mapping):
        arguments = next(iter(arguments.values()), "")
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
