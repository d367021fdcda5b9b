"""Whatever a backend raises, as one of our errors in one line."""

from __future__ import annotations

import os
import re

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


def explain(fault: Exception, name: str) -> SandreckonerError:
    """The error to raise for what a backend raised; one of ours is returned as it is.

    Known by the names of classes and by the HTTP status, so that no provider's package is imported. Keys
    are taken out of the message: some providers repeat them.
    """
    if isinstance(fault, SandreckonerError):
        return fault
    kinds = " ".join(kind.__name__ for kind in type(fault).__mro__)
    status = getattr(fault, "status_code", None)
    said = _one_line(fault)
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


def _one_line(fault: Exception) -> str:
    said = " ".join(str(fault).split())
    for variable, value in os.environ.items():
        if variable.endswith(("_KEY", "_TOKEN", "_SECRET")) and len(value) >= 8:
            said = said.replace(value, "…")
    said = _SECRET.sub("…", said)
    return said if len(said) <= _LONGEST else said[:_LONGEST] + "…"
