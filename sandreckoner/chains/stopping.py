"""When enough candidates have been drawn: rules that look at the answers so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from sandreckoner.chains.reading.vote import tally
from sandreckoner.core.errors import UsageError

StoppingRule: TypeAlias = Callable[[Sequence[str | None]], bool]


def lead_is_safe(first: int, second: int) -> float:
    """The probability that an answer with `first` votes stays ahead of one with `second`.

    Aggarwal et al. 2023, "Let's Sample Step by Step", section 3: the chance that p > 1/2 where p has the
    Beta(first + 1, second + 1) distribution. For whole numbers that is a sum of binomials, so it is exact.

    >>> lead_is_safe(0, 0)
    0.5
    >>> lead_is_safe(4, 0)
    0.96875
    """
    n = first + second + 1
    return float(Fraction(sum(math.comb(n, k) for k in range(first + 1)), 2**n))


def decided(answers: Sequence[str | None], remaining: int) -> bool:
    """Whether the lead is longer than what could still be drawn: stopping then costs nothing."""
    counts = [len(poll.voters) for poll in tally(answers)]
    first, second = [*counts, 0, 0][:2]
    return first - second > remaining


def beta_rule(threshold: float = 0.95) -> StoppingRule:
    """Stop when the most frequent answer is ahead of the next with at least this probability."""
    if not 0.5 < threshold < 1:
        raise UsageError(f"threshold must be between 0.5 and 1, not {threshold}")

    def enough(answers: Sequence[str | None]) -> bool:
        counts = [len(poll.voters) for poll in tally(answers)]
        first, second = [*counts, 0, 0][:2]
        return lead_is_safe(first, second) >= threshold

    return enough


def stability_rule(window: int = 4) -> StoppingRule:
    """Stop when the last `window` candidates all give the same answer.

    Li et al. 2024, "Escape Sky-high Cost: Early-stopping Self-Consistency for Multi-step Reasoning".
    """
    if window < 2:
        raise UsageError(f"window must be 2 or more, not {window}")

    def enough(answers: Sequence[str | None]) -> bool:
        last = answers[-window:]
        return len(last) == window and None not in last and len(tally(last)) == 1

    return enough
