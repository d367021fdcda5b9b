"""What a run may use, and what a model has used."""

from __future__ import annotations

from dataclasses import dataclass

from sandreckoner.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one run; None means no limit.

    Attributes:
        calls: completions requested (`Ask(n=5)` counts five).
        tokens: prompt and generated tokens together.
        usd: money in US dollars; needs a model whose price is known.
        seconds: wall seconds from the first effect.
    """

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "usd", "seconds"):
            limit = getattr(self, name)
            if limit is not None and not limit > 0:
                raise UsageError(f"budget: {name} must be more than 0, not {limit}")


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
