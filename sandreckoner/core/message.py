"""Messages to a model, and its completions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandreckoner.core.budget import Usage
from sandreckoner.core.execution import JSON

Role = Literal["system", "user", "assistant", "tool"]
Finish = Literal["stop", "length", "cancelled", "repetition"]
ToolChoice = Literal["auto", "any"]


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """A tool as described to a model; `parameters` is a JSON schema of type `object`."""

    name: str
    description: str = ""
    parameters: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's call of a tool. Untrusted: name and arguments have not been checked.

    Attributes:
        name: of the tool.
        arguments: by name, as JSON.
        id: distinguishes the calls of a conversation; the result names it.
    """

    name: str
    arguments: Mapping[str, JSON] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Attributes:
        role: who says it; `tool` for the result of a call.
        content: the text.
        calls: of tools, in a turn of the assistant.
        name: of the tool whose result this is; of a user who is not the user.
        call_id: of the call whose result this is.
    """

    role: Role
    content: str
    calls: tuple[ToolCall, ...] = ()
    name: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled reply of a model.

    Attributes:
        text: the reply, without its reasoning.
        reasoning: the reasoning of a reasoning model, kept out of `text`.
        logprob: sum of the natural-log probabilities of the generated tokens, where the backend gives them.
        finish: `length` where the reply was cut at `max_tokens`, `repetition` where it went in circles.
        usage: this sample's share; the prompt of a shared request counts on its first sample only, so that
            the sum over samples counts it once.
        calls: of tools that the Ask offered; the text beside them is not an answer.
    """

    text: str
    reasoning: str = ""
    logprob: float | None = None
    finish: Finish = "stop"
    usage: Usage = Usage(calls=1)
    calls: tuple[ToolCall, ...] = ()
