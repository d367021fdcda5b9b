"""Answers in the shape of a schema: the grammar that llama.cpp makes of it, and the parser after it."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_basemodel_subclass

from sandreckoner.core.errors import UsageError


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
