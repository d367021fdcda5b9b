"""Answers in the checkpoints of a LangGraph graph: read back as they were, and nothing else is built."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from sandreckoner.core.serialization import RAW, TYPES


class CheckpointSerializer(JsonPlusSerializer):
    """What a checkpointer writes with, where a state holds an `Answer`: `InMemorySaver(serde=…)`.

    LangGraph's own warns of every type that it was not told of, will refuse it one day, and reads tuples back
    as lists, so that an answer no longer equals itself.
    """

    def __init__(self, *types: type) -> None:
        """Allow our types, and no others but LangGraph's.

        Args:
            types: further ones that your state holds.
        """
        super().__init__(allowed_msgpack_modules=(*TYPES.values(), *types))

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Read a value of a checkpoint; of a type that is not allowed, its fields as a dict."""
        return _restored(super().loads_typed(data))


def _restored(value: Any) -> Any:
    """A value in which the sequences of our types are tuples again."""
    if isinstance(value, dict):
        return {name: _restored(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_restored(item) for item in value]
    kind = type(value)
    if TYPES.get(kind.__name__) is not kind:
        return value
    named = {field.name: getattr(value, field.name) for field in fields(value)}
    typed = {name: _restored(item) for name, item in named.items() if (kind.__name__, name) not in RAW}
    return replace(value, **{n: tuple(item) if isinstance(item, list) else item for n, item in typed.items()})
