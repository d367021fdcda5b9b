"""Find tool calls that a model wrote as JSON in its text, in the shapes that models use.

    <tool_call>{"name": "search", "arguments": {…}}</tool_call>   Qwen's, with and without the marks
    {"action": "Search", "action_input": "…"}                     LangChain's older agents
    {"tool": "search", "parameters": {…}}                         and others

The text is untrusted: it is read by `json` alone, at a bounded number of offsets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict
from uuid import uuid4

from sandreckoner.core.execution import JSON

MAX_CHARACTERS = 100_000
MAX_STARTS = 50
_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)", re.DOTALL)
_FENCED = re.compile(r"```(?:json|xml)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_NAMES = ("name", "action", "tool", "tool_name")
_ARGUMENTS = ("arguments", "parameters", "action_input", "args", "input", "tool_input")
_CODE = ("code", "program", "python", "script", "source", "python_code", "query", "input", "action_input")
# Where the JSON of a reply that is a tool call begins.
_JSON_START = re.compile(
    r"(?:\A|<tool_call>|```(?:json|tool_call)?[ \t]*\n|^Action(?: Input)?:)\s*\[?\s*\{", re.MULTILINE
)
_CLOSINGS = ("", "}", "}}", '"}', '"}}', "]}", "]}}")  # of an object that was cut off or miscounted


class ToolCall(TypedDict):
    """A call of an offered tool, in LangChain's shape."""

    name: str
    args: dict[str, Any]
    id: str | None
    type: NotRequired[Literal["tool_call"]]


def find_calls(text: str, names: Collection[str]) -> tuple[str, list[ToolCall]]:
    """Return a reply without its tool calls, and the calls.

    Looked for inside `<tool_call>` marks, else in fenced blocks, else in the reply as a whole. Only an object
    with the `name` of a tool that was offered counts: JSON that the user asked for stays text.
    """
    if len(text) > MAX_CHARACTERS:
        return text, []
    for pattern in (_TAGGED, _FENCED):
        calls = [call for found in pattern.finditer(text) for call in _calls_in(found.group(1), names)]
        if calls:
            return pattern.sub("", text).strip(), calls
    calls = _calls_in(text, names)
    return ("", calls) if calls else (text, [])


def _calls_in(text: str, names: Collection[str]) -> list[ToolCall]:
    """Read every call in a sequence of JSON values; none where other text is between them."""
    decoder = json.JSONDecoder()
    calls: list[ToolCall] = []
    place = 0
    text = text.strip()
    while place < len(text):
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return []
        for item in value if isinstance(value, list) else [value]:
            call = _offered_call(item, names)
            if call is None:
                return []
            calls.append(call)
        while place < len(text) and text[place] in " \t\r\n,;":
            place += 1
    return calls


def _offered_call(value: object, names: Collection[str]) -> ToolCall | None:
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    record: dict[str, object] = inner if isinstance(inner, dict) else value
    name = record.get("name")
    if is_definition(record):
        return None
    arguments = record.get("arguments", record.get("parameters", {}))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return None
    if name not in names or not isinstance(arguments, dict):
        return None
    return ToolCall(name=str(name), args=arguments, id=f"call_{uuid4().hex[:12]}", type="tool_call")


def is_definition(record: Mapping[str, object]) -> bool:
    """Whether this defines a tool instead of calling it: small models repeat definitions."""
    parameters = record.get("parameters")
    return "arguments" not in record and isinstance(parameters, Mapping) and "properties" in parameters


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call found in a text.

    Attributes:
        name: of the tool; it may not exist.
        arguments: an object, or whatever single value stands in its place.
        start: offset of its first character in the text.
    """

    name: str
    arguments: JSON
    start: int


def first_call(text: str) -> FoundCall | None:
    """Find the first object in a text that names a tool; None where there is none. Never raises."""
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
    """Read the JSON object that begins here, supplying missing closing brackets."""
    rest = text[start:].partition("</tool_call>")[0].rstrip("` \r\n")
    for closing in _CLOSINGS:
        try:
            # The most frequent fault of models is a literal line break within a string.
            value, _ = json.JSONDecoder(strict=False).raw_decode(rest + closing)
        except (ValueError, RecursionError):
            continue
        return value if isinstance(value, dict) else None
    return None


def _as_call(record: Mapping[str, Any], start: int) -> FoundCall | None:
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
    return FoundCall(name, arguments, start)


def only_argument(arguments: JSON) -> str:
    """Return the argument of a tool with one text parameter: the value itself, or an object's first value."""
    if isinstance(arguments, Mapping):
        arguments = next(iter(arguments.values()), "")
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def code_in_call(text: str) -> str | None:
    """Return the program that a tool call in JSON carries; None where the text is no such call."""
    match = _JSON_START.search(text[:MAX_CHARACTERS])
    value = object_at(text[:MAX_CHARACTERS], match.end() - 1) if match else None
    waiting: list[Any] = [value]
    while waiting:
        here = waiting.pop(0)
        if isinstance(here, str) and here.lstrip().startswith("{"):
            here = object_at(here.strip(), 0)
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            code = next((here[key] for key in _CODE if isinstance(here.get(key), str)), None)
            if code is not None and not code.lstrip().startswith("{"):
                return str(code)
            waiting += here.values()
    return None
