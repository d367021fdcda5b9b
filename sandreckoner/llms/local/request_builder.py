"""Builds the requests to an engine in this process from LangChain's messages, tools and options."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, convert_to_openai_messages
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_basemodel_subclass

from sandreckoner.core.errors import UsageError


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
# Read by llguidance, which both runtimes have. Where white space is free, small models may write nothing else
# until the maximum length.
_SPACING = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


def build_requests(
    messages: Sequence[BaseMessage], options: Mapping[str, Any], limit: int
) -> list[dict[str, Any]]:
    """The requests that `options["n"]` samples take, each of at most `limit`.

    They are in OpenAI's protocol, but for `schema`, the JSON schema that the reply must fit.
    """
    request: dict[str, Any] = {"messages": to_openai_messages(messages)}
    request |= {name: options[name] for name in _PASSED_ON if options.get(name) is not None}
    if tools := _offered_tools(options):
        request["tools"] = tools
    if (requested := _requested_schema(options)) is not None:
        request["messages"] = _with_schema_instruction(request["messages"], requested)
    if (schema := _schema(options, tools, requested)) is not None:
        request["schema"] = _without_extra_properties(schema) | {"x-guidance": _SPACING}
    n = options.get("n") or 1
    return [
        {**request, "n": min(limit, n - first)}
        | ({"seed": request["seed"] + first} if "seed" in request else {})
        for first in range(0, n, limit)
    ]


def _offered_tools(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [] if options.get("tool_choice") == "none" else list(options.get("tools") or ())


def _schema(
    options: Mapping[str, Any], tools: Sequence[dict[str, Any]], requested: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The JSON schema that constrains the reply, if there is one."""
    choice = options.get("tool_choice")
    if tools and choice not in (None, "auto"):
        return tool_call_schema(tools, None if choice in ("any", "required", True) else choice)
    is_json = (options.get("response_format") or {}).get("type") == "json_object"
    return {"type": "object"} if is_json else requested


def _requested_schema(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that the caller requests for the reply."""
    requested = options.get("response_format") or {"type": "text"}
    if requested["type"] != "json_schema":
        return None
    schema: dict[str, Any] = requested["json_schema"]["schema"]
    return schema


def _with_schema_instruction(
    messages: Sequence[dict[str, Any]], schema: dict[str, Any]
) -> list[dict[str, Any]]:
    """The messages, with the schema appended to the last one of the user.

    A model constrained to a schema that it has not seen writes its first field without end: it does not
    know that others follow.
    """
    said = f"Reply in JSON that fits this schema:\n{json.dumps(schema, ensure_ascii=False)}"
    place = max((i for i, message in enumerate(messages) if message["role"] == "user"), default=None)
    if place is None:
        return [*messages, {"role": "user", "content": said}]
    asked = messages[place]
    whole = {**asked, "content": f"{asked['content']}\n\n{said}"}
    return [*messages[:place], whole, *messages[place + 1 :]]


def _without_extra_properties(schema: Any) -> Any:
    """The schema with `additionalProperties` off, unless it says otherwise."""
    if isinstance(schema, list):
        return [_without_extra_properties(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _without_extra_properties(item) for name, item in schema.items()}
    if strict.get("type") == "object" and isinstance(strict.get("properties"), dict):
        strict.setdefault("additionalProperties", False)
    return strict


def tool_names(options: Mapping[str, Any]) -> set[str]:
    """The tools that a question offers."""
    return {tool["function"]["name"] for tool in _offered_tools(options)}


def structured(
    chat: BaseChatModel, schema: dict[str, Any] | type | None, *, method: str, include_raw: bool
) -> Runnable[Any, Any]:
    """A chat model bound to answer in JSON, and the parser of it.

    Args:
        chat: the model.
        schema: a pydantic class, a TypedDict or a JSON schema; None for any JSON.
        method: `json_schema` constrains the reply to the schema, `json_mode` to JSON alone.
        include_raw: give the message and a parsing error beside the parsed value, instead of raising.
    """
    if method == "json_schema" and schema is not None:
        shape = convert_to_json_schema(schema)
        response_format: dict[str, Any] = {"type": "json_schema", "json_schema": {"schema": shape}}
    elif method == "json_mode":
        response_format = {"type": "json_object"}
    else:
        raise UsageError(
            f"structured output by {method!r}: use 'json_schema', 'json_mode' or 'function_calling'"
        )
    about = {"kwargs": {"method": method}, "schema": schema}
    bound = chat.bind(response_format=response_format, ls_structured_output_format=about)
    parser: Runnable[Any, Any] = JsonOutputParser()
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        parser = PydanticOutputParser(pydantic_object=schema)
    if not include_raw:
        return bound | parser
    parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=bound) | parsed.with_fallbacks([failed], exception_key="parsing_error")
