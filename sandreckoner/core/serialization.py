"""The types and effects of this room as JSON, each written as `{"is": "Completion", …}`.

Fields at their default are left out. Reading builds only the types listed here and checks the names of their
fields: text from a file can never choose what is run. A live state cannot be written; a journal names it
instead (`RecordedState`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from math import isfinite
from typing import Any

from sandreckoner.core.answer import Answer, Candidate, Citation, NumberSource
from sandreckoner.core.budget import Budget, Usage
from sandreckoner.core.effects import Ask, AskUser, Note, Resume, Run, Search, Use
from sandreckoner.core.errors import JournalError
from sandreckoner.core.execution import (
    JSON,
    Call,
    Execution,
    ProgramError,
    RecordedState,
    Resources,
    Returned,
)
from sandreckoner.core.message import Completion, Message, ToolCall, ToolSchema
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.table import Cell, Column, Row, Table

TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        Answer,
        Ask,
        AskUser,
        Budget,
        Call,
        Candidate,
        Cell,
        Citation,
        Column,
        Completion,
        Execution,
        Message,
        Note,
        NumberSource,
        Passage,
        Problem,
        ProgramError,
        RecordedState,
        Resources,
        Resume,
        Returned,
        Row,
        Run,
        Search,
        Table,
        ToolCall,
        ToolSchema,
        Usage,
        Use,
    )
}
# These fields hold JSON that a program or a user wrote: it is copied as it is, never read as our types.
RAW = {
    ("Execution", "value"),
    ("Execution", "figures"),
    ("Call", "positional"),
    ("Call", "named"),
    ("Returned", "value"),
    ("Run", "inputs"),
    ("Use", "arguments"),
    ("Note", "data"),
    ("ToolCall", "arguments"),
    ("ToolSchema", "parameters"),
    ("Answer", "data"),
}


def to_json(value: object) -> JSON:
    """Convert a value, an effect, or a tuple of them, to JSON.

    Raises:
        TypeError: for a type that is not on the list.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    kind = type(value).__name__
    if TYPES.get(kind) is not type(value) or not is_dataclass(value):
        raise TypeError(f"{kind} cannot be written as JSON")
    record: dict[str, JSON] = {"is": kind}
    for field in fields(value):
        item = getattr(value, field.name)
        if field.name == "state" and not isinstance(item, RecordedState):
            continue
        if field.default is not MISSING and item == field.default and type(item) is type(field.default):
            continue
        if field.default_factory is not MISSING and item == field.default_factory():
            continue
        record[field.name] = item if (kind, field.name) in RAW else to_json(item)
    return record


def from_json(record: JSON) -> Any:
    """Convert JSON back to a value; lists become tuples.

    Raises:
        JournalError: where the record names a type or a field that is not ours.
    """
    if isinstance(record, list):
        return tuple(from_json(item) for item in record)
    if not isinstance(record, Mapping):
        return record
    kind = record.get("is")
    if not isinstance(kind, str) or kind not in TYPES:
        raise JournalError(f"the journal holds a {kind!r}, which this version does not know")
    known = {field.name for field in fields(TYPES[kind])}
    unknown = sorted(set(record) - known - {"is"})
    if unknown:
        raise JournalError(
            f"the journal's {kind} has a field {unknown[0]!r}, which this version does not know"
        )
    values = {
        name: item if (kind, name) in RAW else from_json(item)
        for name, item in record.items()
        if name != "is"
    }
    try:
        return TYPES[kind](**values)
    except (TypeError, ValueError) as fault:
        raise JournalError(f"the journal's {kind} cannot be read: {fault}") from None


def dumps(record: JSON) -> str:
    """Encode as one line of ASCII JSON; a lone surrogate in a model's text could not be encoded otherwise."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False)


_MAX_DEPTH = 30
_MAX_CHARACTERS = 20_000  # of a value that JSON cannot hold, as text
_MAX_BITS = 10_000  # of an integer; Python writes none of more than 4,300 digits


def as_json(value: Any, depth: int = 0) -> JSON:
    """Convert a stranger's value to JSON; what JSON cannot hold becomes text.

    >>> as_json({"k": 10**20, 5: ("a", float("inf"))})
    {'k': 100000000000000000000, '5': ['a', 'inf']}
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, int):
        return value if value.bit_length() < _MAX_BITS else _as_text(value)
    if depth < _MAX_DEPTH and isinstance(value, (list, tuple)):
        return [as_json(item, depth + 1) for item in value]
    if depth < _MAX_DEPTH and isinstance(value, Mapping):
        return {_as_text(key): as_json(item, depth + 1) for key, item in value.items()}
    return _as_text(value)


def _as_text(value: Any) -> str:
    try:
        return str(value)[:_MAX_CHARACTERS]
    except Exception:  # third-party code; an integer too long to be written
        return f"<{type(value).__name__}>"
