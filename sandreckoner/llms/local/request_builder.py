"""What an engine in this process is asked for a question of LangChain's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from sandreckoner.llms.tool_protocol import as_protocol, schema_of_calls

_PASSED_ON = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "seed",
    "grammar",
    "stop",
    "logprobs",
    "cache_prompt",
)
# Read by llguidance, which both runtimes have. Where white space is free, small models come to a point from
# which they write nothing else, until the longest length.
_SPACING = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


def bodies(messages: Sequence[BaseMessage], options: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
    """The requests that `options["n"]` samples take, each of at most `most`.

    They are in OpenAI's protocol, but for `schema`, the JSON schema that the reply must fit.
    """
    body: dict[str, Any] = {"messages": as_protocol(messages)}
    body |= {name: options[name] for name in _PASSED_ON if options.get(name) is not None}
    if tools := _offered(options):
        body["tools"] = tools
    if (wanted := _wanted(options)) is not None:
        body["messages"] = _told(body["messages"], wanted)
    if (schema := _schema(options, tools, wanted)) is not None:
        body["schema"] = _closed(schema) | {"x-guidance": _SPACING}
    n = options.get("n") or 1
    return [
        {**body, "n": min(most, n - first)} | ({"seed": body["seed"] + first} if "seed" in body else {})
        for first in range(0, n, most)
    ]


def _offered(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [] if options.get("tool_choice") == "none" else list(options.get("tools") or ())


def _schema(
    options: Mapping[str, Any], tools: Sequence[dict[str, Any]], wanted: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The JSON schema that holds the reply, if there is one."""
    choice = options.get("tool_choice")
    if tools and choice not in (None, "auto"):
        return schema_of_calls(tools, None if choice in ("any", "required", True) else choice)
    is_json = (options.get("response_format") or {}).get("type") == "json_object"
    return {"type": "object"} if is_json else wanted


def _wanted(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that the caller wants the reply in."""
    wanted = options.get("response_format") or {"type": "text"}
    if wanted["type"] != "json_schema":
        return None
    schema: dict[str, Any] = wanted["json_schema"]["schema"]
    return schema


def _told(messages: Sequence[dict[str, Any]], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages, the schema said in the last of the user's.

    A model that is held to a schema it has not seen writes its first field without end: it does not know
    that others follow.
    """
    said = f"Reply in JSON that fits this schema:\n{json.dumps(schema, ensure_ascii=False)}"
    place = max((i for i, message in enumerate(messages) if message["role"] == "user"), default=None)
    if place is None:
        return [*messages, {"role": "user", "content": said}]
    asked = messages[place]
    whole = {**asked, "content": f"{asked['content']}\n\n{said}"}
    return [*messages[:place], whole, *messages[place + 1 :]]


def _closed(schema: Any) -> Any:
    """The schema with no room for properties that it does not name, unless it says otherwise."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(item) for name, item in schema.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def tool_names(options: Mapping[str, Any]) -> set[str]:
    """The tools that a question offers."""
    return {tool["function"]["name"] for tool in _offered(options)}
