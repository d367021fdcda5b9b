"""The grammar that llama.cpp makes of a JSON schema."""

from __future__ import annotations

from typing import Any

from sandreckoner.core.errors import UsageError


def grammar_of(schema: dict[str, Any]) -> str:
    """The grammar that holds a reply to a JSON schema.

    Raises:
        UsageError: llama.cpp does not take the schema.
    """
    import xllamacpp

    try:
        return str(xllamacpp.json_schema_to_grammar(schema))
    except (ValueError, RuntimeError, TypeError) as fault:
        raise UsageError(f"llama.cpp does not take this JSON schema: {fault}") from None
