"""Stopping rules: decide from the answers so far whether enough candidates have been drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import TypeAlias

from sandreckoner.chains.strategies.voting import tally
from sandreckoner.core.errors import UsageError

# Whether to stop, given the answers so far (None where a candidate has none) and how many may still come.
StoppingRule: TypeAlias = Callable[[Sequence[str | None], int], bool]


@cache
def lead_is_safe(first: int, second: int) -> float:
    """Return the probability that `first` votes stay ahead of `second` in an endless vote.

    Aggarwal et al. 2023, "Let's Sample Step by Step", section 3: the chance that p > 1/2 where p has the
    Beta(first + 1, second + 1) distribution. For whole numbers that is a sum of binomials, so it is exact.

    >>> lead_is_safe(0, 0)
    0.5
    >>> lead_is_safe(4, 0)
    0.96875
    """
    n = first + second + 1
    return float(Fraction(sum(math.comb(n, k) for k in range(first + 1)), 2**n))


@cache
def lead_holds(first: int, second: int, remaining: int) -> float:
    """Return the probability that `second` does not overtake `first` in `remaining` more votes for either.

    The votes to come have the beta-binomial distribution that follows from those so far.

    >>> lead_holds(3, 1, 0)
    1.0
    >>> lead_holds(3, 1, 2)
    1.0
    >>> round(lead_holds(3, 1, 4), 3)
    0.96
    """
    ways = sum(
        math.comb(first + more, first) * math.comb(second + remaining - more, second)
        for more in range(remaining + 1)
        if second + remaining - more <= first + more
    )
    return float(Fraction(ways, math.comb(first + second + remaining + 1, remaining)))


def decided(answers: Sequence[str | None], remaining: int) -> bool:
    """Whether the lead exceeds the number of candidates that may still come."""
    first, second = leaders(answers)
    return first - second > remaining


def beta_rule(threshold: float = 0.95) -> StoppingRule:
    """Stop when the lead is safe with at least this probability: `lead_is_safe`, the rule of the paper."""
    _require_probability(threshold)
    return lambda answers, remaining: lead_is_safe(*leaders(answers)) >= threshold


def horizon_rule(threshold: float = 0.98) -> StoppingRule:
    """Stop when the lead holds to the end with at least this probability: `lead_holds`.

    The paper's rule asks about an endless vote; a vote ends, and near its end a shorter lead will do. Of the
    candidates that remain as many are expected to vote for one of the two leaders as have done so far.
    """
    _require_probability(threshold)

    def enough(answers: Sequence[str | None], remaining: int) -> bool:
        first, second = leaders(answers)
        expected = math.ceil(remaining * (first + second) / max(1, len(answers)))
        return first > second and lead_holds(first, second, expected) >= threshold

    return enough


def stability_rule(window: int = 4) -> StoppingRule:
    """Stop when the last `window` candidates all give the same answer.

    Li et al. 2024, "Escape Sky-high Cost: Early-stopping Self-Consistency for Multi-step Reasoning".
    """
    if window < 2:
        raise UsageError(f"window must be 2 or more, not {window}")

    def enough(answers: Sequence[str | None], remaining: int) -> bool:
        last = answers[-window:]
        return len(last) == window and None not in last and len(tally(last)) == 1

    return enough


def leaders(answers: Sequence[str | None]) -> tuple[int, int]:
    """Return the votes of the most frequent answer and of the second."""
    first, second = [*(len(poll.voters) for poll in tally(answers)), 0, 0][:2]
    return first, second


def _require_probability(threshold: float) -> None:
    if not 0.5 < threshold < 1:
        raise UsageError(f"threshold must be between 0.5 and 1, not {threshold}")
