"""Messages to a model, its completions, and their usage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "cancelled", "repetition"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls, tokens and money spent; usages can be added.

    Attributes:
        calls: completions requested; `Ask(n=5)` counts five, however the backend makes them.
        input_tokens: prompt tokens, once per request.
        output_tokens: generated tokens, reasoning included.
        usd: money in US dollars; None where the price is unknown (never 0 for unknown).
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and generated tokens together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            None if self.usd is None or other.usd is None else self.usd + other.usd,
        )


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
    """

    text: str
    reasoning: str = ""
    logprob: float | None = None
    finish: Finish = "stop"
    usage: Usage = Usage(calls=1)
