"""Error mapping: whatever a backend raises becomes one of our errors, in one line and without keys."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from sandreckoner.core.errors import (
    ContextOverflow,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    SandreckonerError,
)

_OVERFLOW = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|too many tokens|prompt is too long", re.IGNORECASE
)
_SECRET = re.compile(r"\b(?:sk|pk|gsk|hf|xai|key)[-_][A-Za-z0-9_\-*]{8,}|(?<=Bearer )\S+")
_LONGEST = 300
_SHORTEST_SECRET = 5  # not "none", which servers without keys are sent


def explain(fault: Exception, name: str, secrets: Iterable[str] = ()) -> SandreckonerError:
    """The error to raise for what a backend raised; one of ours is returned as it is.

    Recognised by class names and HTTP status, so that no provider's package is imported. Keys are removed
    from the message, because some providers repeat them; then the original is not kept as the cause either,
    because a traceback would show it.

    Args:
        fault: what was raised.
        name: of the model.
        secrets: the keys that it was given.
    """
    if isinstance(fault, SandreckonerError):
        return fault
    whole = " ".join(str(fault).split())
    said = redact(whole, secrets)
    error = _as_ours(fault, name, said if len(said) <= _LONGEST else said[:_LONGEST] + "…")
    if said == whole:
        error.__cause__ = fault
    error.__suppress_context__ = True
    return error


def _as_ours(fault: Exception, name: str, said: str) -> SandreckonerError:
    kinds = " ".join(kind.__name__ for kind in type(fault).__mro__)
    status = getattr(fault, "status_code", None)
    if "ContextOverflow" in kinds or (status in (400, 413) and _OVERFLOW.search(said)):
        return ContextOverflow(f"{name}: the prompt does not fit the model's window: {said}")
    if isinstance(fault, TimeoutError) or "Timeout" in kinds:
        return ModelTimeout(f"{name}: no reply in time: {said}")
    if status in (401, 403):
        return ModelUnavailable(
            f"{name}: the key was refused ({status}); check it in the environment: {said}"
        )
    if status == 404:
        return ModelUnavailable(f"{name}: the server does not know this model or address (404): {said}")
    if status == 429:
        return ModelError(f"{name}: too many requests (429); wait, or lower the concurrency: {said}")
    if isinstance(fault, ConnectionError) or "Connect" in kinds:
        return ModelUnavailable(f"{name}: cannot be reached; is the server running? {said}")
    return ModelError(f"{name}: {type(fault).__name__}: {said}")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with every key removed: those given, those of the environment, and what looks like one."""
    known = [value for value in secrets if len(value) >= _SHORTEST_SECRET]
    for variable, value in os.environ.items():
        if variable.endswith(("_KEY", "_TOKEN", "_SECRET")) and len(value) >= 8:
            known.append(value)
    for value in sorted(known, key=len, reverse=True):
        text = text.replace(value, "…")
    return _SECRET.sub("…", text)


def secrets_of(chat: object) -> tuple[str, ...]:
    """The keys that a chat model of LangChain holds, in its secret fields."""
    held = (getattr(value, "get_secret_value", None) for value in vars(chat).values())
    return tuple(str(read()) for read in held if callable(read))
