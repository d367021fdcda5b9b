"""Limits of a run, and the ledger of what it has spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

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


_CHARACTERS_A_TOKEN = 4  # of English; numbers take more tokens, so a prompt has at least so many


class Grant(NamedTuple):
    """What a budget allows of one tuple: why nothing, or the Asks as allowed; and the seconds left."""

    refusal: str
    asks: list[Ask | None]
    seconds_left: float | None


class Ledger:
    """Records what one run has spent against its budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._reserved_calls = 0
        self._promised_tokens = 0
        self._since_s = 0.0
        self.spent = Usage()

    def renew(self, now_s: float) -> None:
        """Allow as much again from now on."""
        self._reserved_calls, self._promised_tokens, self._since_s = 0, 0, now_s
        self.spent = Usage()

    def restore(self, calls: int) -> None:
        """Count calls that an earlier part of this run has made; `charge` counts the rest."""
        self._reserved_calls += calls

    def refusal(self, now_s: float, asks: Sequence[Ask] = ()) -> str:
        """Return why no further completion is allowed, or an empty string.

        Args:
            now_s: seconds from the start of the run.
            asks: what is about to be asked at the same time; a prompt that does not fit is not sent.
        """
        self._promised_tokens = 0
        limit = self._budget
        if limit.seconds is not None and now_s - self._since_s >= limit.seconds:
            return f"the budget of {limit.seconds:g} seconds is spent"
        if limit.calls is not None and self._reserved_calls >= limit.calls:
            return f"the budget of {limit.calls} calls is spent"
        if limit.tokens is not None and self.spent.tokens >= limit.tokens:
            return f"the budget of {limit.tokens} tokens is spent"
        if limit.tokens is not None and asks:
            prompt, left = min(map(prompt_tokens, asks)), limit.tokens - self.spent.tokens
            if prompt >= left:
                return (
                    f"the budget of {limit.tokens} tokens is spent: "
                    f"the next prompt takes about {prompt}, and {left} are left"
                )
        if limit.usd is None:
            return ""
        if self.spent.usd is None:
            return "the budget is in dollars but the model's price is unknown; limit the calls instead"
        if self.spent.usd >= limit.usd:
            return f"the budget of ${limit.usd:g} is spent"
        return ""

    def reserve(self, effect: Ask, among: int = 1) -> Ask | None:
        """Reserve calls and tokens for an Ask before it is performed, its prompt included.

        Args:
            effect: what is asked.
            among: Asks of the same tuple that have nothing reserved yet, this one included.

        Returns:
            The effect, reduced to what is left; None where nothing is left.
        """
        limit = self._budget
        n = effect.n
        if limit.calls is not None:
            n = min(n, limit.calls - self._reserved_calls)
        if n < 1:
            return None
        if limit.tokens is None:
            self._reserved_calls += n
            return replace(effect, n=n)
        left = limit.tokens - self.spent.tokens - self._promised_tokens - prompt_tokens(effect)
        if left < 1:
            return None
        self._reserved_calls += n
        share = max(1, left // (among * n))
        longest = min(share, effect.max_tokens or share)
        self._promised_tokens += prompt_tokens(effect) + n * longest
        return replace(effect, n=n, max_tokens=longest)

    def grant(self, now_s: float, asks: Sequence[Ask]) -> Grant:
        """Reserve what the Asks of one tuple may use; see `refusal` and `reserve`."""
        refusal = self.refusal(now_s, asks) if asks else ""
        allowed = [
            None if refusal else self.reserve(ask, len(asks) - place) for place, ask in enumerate(asks)
        ]
        return Grant(refusal, allowed, self.seconds_left(now_s))

    def charge(self, usage: Usage) -> None:
        """Add the usage of a performed effect."""
        self.spent = self.spent + usage

    def seconds_left(self, now_s: float) -> float | None:
        """Return the seconds until the deadline, None without one; `now_s` counts from the start."""
        if self._budget.seconds is None:
            return None
        return max(0.001, self._budget.seconds - (now_s - self._since_s))


def prompt_tokens(effect: Ask) -> int:
    """Estimate the tokens of a prompt from below, by its characters."""
    said = sum(len(message.content) for message in effect.messages)
    return (said + sum(len(tool.description) for tool in effect.tools)) // _CHARACTERS_A_TOKEN
