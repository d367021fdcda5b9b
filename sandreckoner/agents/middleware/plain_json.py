"""What a model wrote or a tool gave, as JSON that the memory can keep."""

from __future__ import annotations

import json
from typing import Any

from sandreckoner.core.execution import JSON

_DEEPEST = 30
_LARGEST = 2**63  # beyond it an integer has no form in the memory's encoding


def plain(value: Any, depth: int = 0) -> JSON:
    """A value as JSON; what JSON or the memory cannot hold becomes text.

    >>> plain({"k": 10**20, "names": ("a", "b")})
    {'k': '100000000000000000000', 'names': ['a', 'b']}
    """
    if value is None or isinstance(value, (bool, float, str)):
        return value
    if isinstance(value, int):
        return value if -_LARGEST <= value < _LARGEST else _text(value)
    if depth < _DEEPEST and isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    if depth < _DEEPEST and isinstance(value, dict):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    return _text(value)


def _text(value: Any) -> str:
    try:
        return json.dumps(value, default=str)[:20_000]
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"
