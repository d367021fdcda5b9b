"""Personal data is masked in what a run receives, so that no model, journal or log ever has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeAlias, TypeVar, cast

T = TypeVar("T")
Redact: TypeAlias = Callable[[str], str]  # a text, the same with its personal data masked


def redacted(value: T, redact: Redact | None) -> T:
    """Mask every text in a value; numbers are left alone. Returns `value` itself where nothing changes.

    Args:
        value: a text, a dataclass, a list, tuple or mapping, or anything within them.
        redact: masks one text; None leaves all as they are.

    >>> redacted({"rows": ["tel. 5", 5]}, lambda text: text.replace("5", "#"))
    {'rows': ['tel. #', 5]}
    """
    return value if redact is None else cast(T, _redacted(value, redact))


def _redacted(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list | tuple):
        return type(value)(_redacted(item, redact) for item in value)
    if isinstance(value, Mapping):
        return {_redacted(key, redact): _redacted(item, redact) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        held = {each.name: getattr(value, each.name) for each in fields(value)}
        masked = {name: new for name, old in held.items() if (new := _redacted(old, redact)) != old}
        return replace(value, **masked) if masked else value
    return value
