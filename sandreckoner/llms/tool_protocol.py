"""Tools and conversations in the form of OpenAI's protocol, and the JSON schema of a tool call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage, convert_to_openai_messages


def tool_call_schema(tools: Sequence[dict[str, Any]], name: str | None) -> dict[str, Any]:
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


def to_openai_messages(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Messages in the form of OpenAI's protocol, their content always a string."""
    plain = convert_to_openai_messages(list(messages))
    for message in plain:
        if not isinstance(message.get("content"), str):
            blocks = message.get("content") or []
            message["content"] = "\n".join(block["text"] for block in blocks if block.get("type") == "text")
    return plain
