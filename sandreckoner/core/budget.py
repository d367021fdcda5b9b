"""Limits of a run, and the ledger of what it has spent."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Usage


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


class Ledger:
    """Records what one run has spent against its budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._reserved_calls = 0
        self.spent = Usage()

    def refusal(self, now_s: float) -> str:
        """Return why no further completion is allowed, or an empty string. `now_s` counts from the start."""
        limit = self._budget
        if limit.seconds is not None and now_s >= limit.seconds:
            return f"the budget of {limit.seconds:g} seconds is spent"
        if limit.calls is not None and self._reserved_calls >= limit.calls:
            return f"the budget of {limit.calls} calls is spent"
        if limit.tokens is not None and self.spent.tokens >= limit.tokens:
            return f"the budget of {limit.tokens} tokens is spent"
        if limit.usd is None:
            return ""
        if self.spent.usd is None:
            return "the budget is in dollars but the model's price is unknown; limit the calls instead"
        if self.spent.usd >= limit.usd:
            return f"the budget of ${limit.usd:g} is spent"
        return ""

    def reserve(self, effect: Ask) -> Ask | None:
        """Reserve calls and tokens for an Ask before it is performed.

        Returns:
            The effect, reduced to what is left; None where nothing is left.
        """
        limit = self._budget
        n = effect.n
        if limit.calls is not None:
            n = min(n, limit.calls - self._reserved_calls)
        if n < 1:
            return None
        self._reserved_calls += n
        if limit.tokens is None:
            return replace(effect, n=n)
        left = max(1, (limit.tokens - self.spent.tokens) // n)
        return replace(effect, n=n, max_tokens=min(left, effect.max_tokens or left))

    def charge(self, usage: Usage) -> None:
        """Add the usage of a performed effect."""
        self.spent = self.spent + usage

    def seconds_left(self, now_s: float) -> float | None:
        """Return the seconds until the deadline, None without one; `now_s` counts from the start."""
        return None if self._budget.seconds is None else max(0.001, self._budget.seconds - now_s)
