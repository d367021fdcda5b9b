"""Confidence intervals and paired tests, from scipy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandreckoner.core.plugins import needing


@dataclass(frozen=True, slots=True)
class Interval:
    """A proportion or a difference of two with its 95 % interval; all between -1 and 1."""

    value: float
    low: float
    high: float


def proportion(right: int, n: int) -> Interval | None:
    """A proportion with its Wilson interval (Wilson 1927); None if n is 0."""
    if n == 0:
        return None
    with needing("eval", "an interval"):
        from scipy.stats import binomtest  # type: ignore[import-untyped]

    found = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return Interval(right / n, float(found.low), float(found.high))


def mcnemar(ours: Sequence[bool], theirs: Sequence[bool]) -> float:
    """The exact two-sided p-value of McNemar's test (1947) that two paired series differ only by chance.

    Raises:
        ValueError: the series differ in length.
    """
    with needing("eval", "a paired test"):
        from scipy.stats import binomtest

    only_ours = sum(a and not b for a, b in zip(ours, theirs, strict=True))
    only_theirs = sum(b and not a for a, b in zip(ours, theirs, strict=True))
    if only_ours + only_theirs == 0:
        return 1.0
    return float(binomtest(only_ours, only_ours + only_theirs).pvalue)


def difference(ours: Sequence[bool], theirs: Sequence[bool], *, seed: int = 0) -> Interval | None:
    """The difference of two accuracies on the same questions, with a paired bootstrap interval.

    Args:
        ours: correct or not, one per sample.
        theirs: the baseline's, for the same samples in the same order.
        seed: of the 5,000 resamples.

    Returns:
        The difference with its percentile interval (Efron 1979); None if there are no samples.
    """
    import numpy as np

    with needing("eval", "an interval"):
        from scipy.stats import bootstrap

    gaps = np.array([float(a) - float(b) for a, b in zip(ours, theirs, strict=True)])
    if gaps.size == 0:
        return None
    if gaps.size == 1:
        return Interval(float(gaps[0]), -1.0, 1.0)
    found = bootstrap(
        (gaps,), np.mean, n_resamples=5_000, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return Interval(float(gaps.mean()), float(found.low), float(found.high))


def quantile(values: Sequence[float], q: float) -> float | None:
    """The `q` quantile of some values, 0 ≤ q ≤ 1; None if there are none."""
    if not values:
        return None
    import numpy as np

    return float(np.quantile(values, q))
