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
from sandreckoner.settings.providers import KEY_VARIABLES, is_address

_OVERFLOW = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|too many tokens|prompt is too long", re.IGNORECASE
)
_SECRET = re.compile(r"\b(?:sk|pk|gsk|hf|xai|key)[-_][A-Za-z0-9_\-*]{8,}|(?<=Bearer )\S+")
_PAGE = re.compile(r"<(?:!DOCTYPE )?html", re.IGNORECASE)
_STATUS = re.compile(r"^Error code: \d{3} - ")
_LONGEST = 300
_SHORTEST_SECRET = 5  # not "none", which servers without keys are sent


def explain(
    fault: Exception, name: str, secrets: Iterable[str] = (), *, attempts: int = 1
) -> SandreckonerError:
    """The error to raise for what a backend raised; one of ours is returned as it is.

    Recognised by class names and HTTP status, so that no provider's package is imported. Keys are removed
    from the message, because some providers repeat them; then the original is not kept as the cause either,
    because a traceback would show it.

    Args:
        fault: what was raised.
        name: of the model.
        secrets: the keys that it was given.
        attempts: how often it was asked.
    """
    if isinstance(fault, SandreckonerError):
        return fault
    whole = " ".join(str(fault).split())
    said = redact(_STATUS.sub("", whole), secrets)
    error = _as_ours(fault, name, said if len(said) <= _LONGEST else said[:_LONGEST] + "…", attempts)
    if said == _STATUS.sub("", whole):
        error.__cause__ = fault
    error.__suppress_context__ = True
    return error


def _as_ours(fault: Exception, name: str, said: str, attempts: int) -> SandreckonerError:
    kinds = " ".join(kind.__name__ for kind in type(fault).__mro__)
    status = getattr(fault, "status_code", None)
    if "ContextOverflow" in kinds or (status in (400, 413) and _OVERFLOW.search(said)):
        return ContextOverflow(f"{name}: the prompt does not fit the model's window: {said}")
    times = f", {attempts} times in a row" if attempts > 1 else ""
    if _PAGE.search(said):
        return ModelUnavailable(
            f"{name}: a web page (HTML) answers there and no model server; the address often ends in /v1"
        )
    if "Unexpected response type" in said:  # langchain-openai, where the reply is no JSON
        return ModelError(f"{name}: the server sent no reply of OpenAI's protocol; check the address")
    if isinstance(fault, TimeoutError) or "Timeout" in kinds:
        return ModelTimeout(f"{name}: no reply in time: {said}")
    if status in (401, 403):
        return ModelUnavailable(f"{name}: the key was refused ({status}); check {_key_of(name)}: {said}")
    if status == 404:
        return ModelUnavailable(f"{name}: the server does not know this model or address (404): {said}")
    if status == 429:
        return ModelError(f"{name}: too many requests (429){times}; wait, or lower the concurrency: {said}")
    if isinstance(fault, ConnectionError) or "Connect" in kinds:
        return ModelUnavailable(f"{name}: cannot be reached; is the server running? {said}")
    if isinstance(status, int) and status >= 500:
        return ModelError(f"{name}: the server failed ({status}){times}: {said}")
    if isinstance(status, int):
        return ModelError(f"{name}: the server refused the request ({status}): {said}")
    if "'choices'" in said:
        return ModelError(f"{name}: the server's answer holds no reply (no choices); is it a chat model's?")
    return ModelError(f"{name}: {said if ' ' in said else f'{type(fault).__name__} {said}'}")


def _key_of(name: str) -> str:
    """Where the key of a model stands."""
    if is_address(name):
        return f'keys."{name.partition("#")[0]}" in your settings'
    variable = KEY_VARIABLES.get(name.partition(":")[0])
    return f"the environment variable {variable}" if variable else "it"


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
