"""Tool calls as small models write them, JSON somewhere in the text; and the schema of such calls."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

from langchain_core.messages import BaseMessage, convert_to_openai_messages
from langchain_core.messages.tool import ToolCall

_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)", re.DOTALL)
_FENCED = re.compile(r"```(?:json|xml)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_LONGEST = 100_000


def find_calls(text: str, names: Collection[str]) -> tuple[str, list[ToolCall]]:
    """The tool calls in a reply, and the reply without them.

    Looked for inside `<tool_call>` marks, else in fenced blocks, else in the reply as a whole. Only an object
    with the `name` of a tool that was offered counts: JSON that the user asked for stays text.
    """
    if len(text) > _LONGEST:
        return text, []
    for pattern in (_TAGGED, _FENCED):
        calls = [call for found in pattern.finditer(text) for call in _read(found.group(1), names)]
        if calls:
            return pattern.sub("", text).strip(), calls
    calls = _read(text, names)
    return ("", calls) if calls else (text, [])


def _read(text: str, names: Collection[str]) -> list[ToolCall]:
    """Every call in a run of JSON values; nothing where anything else stands between them."""
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
            call = _as_call(item, names)
            if call is None:
                return []
            calls.append(call)
        while place < len(text) and text[place] in " \t\r\n,;":
            place += 1
    return calls


def _as_call(value: object, names: Collection[str]) -> ToolCall | None:
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
    """Whether this tells of a tool and does not call it: small models repeat what they were told."""
    parameters = record.get("parameters")
    return "arguments" not in record and isinstance(parameters, Mapping) and "properties" in parameters


def schema_of_calls(tools: Sequence[dict[str, Any]], name: str | None) -> dict[str, Any]:
    """The JSON schema of a call of one of the tools, or of the tool `name`."""
    calls = [
        {
            "type": "object",
            "properties": {
                "name": {"const": tool["function"]["name"]},
                "arguments": tool["function"].get("parameters") or {"type": "object"},
            },
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for tool in tools
        if name in (None, tool["function"]["name"])
    ]
    return calls[0] if len(calls) == 1 else {"anyOf": calls}


def as_protocol(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Messages in the form of OpenAI's protocol, their content always a string."""
    plain = convert_to_openai_messages(list(messages))
    for message in plain:
        if not isinstance(message.get("content"), str):
            blocks = message.get("content") or []
            message["content"] = "\n".join(block["text"] for block in blocks if block.get("type") == "text")
    return plain
