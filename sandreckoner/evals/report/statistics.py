"""Statistics of an evaluation: intervals and paired tests by scipy, calibration, and what a vote adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandreckoner.chains.strategies.confidence import FittedConfidence, fit, observe
from sandreckoner.chains.strategies.voting import majority
from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import UsageError
from sandreckoner.core.plugins import needing
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import Scorer, score


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


BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers with a confidence in (low, high]; the first bin includes 0."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class Calibration:
    """A reliability diagram and its expected calibration error.

    Attributes:
        bins: the bins that are not empty.
        error: expected calibration error (Guo et al. 2017): the mean gap between confidence and accuracy,
            weighted by the size of the bins.
        n: number of scored answers with a confidence.
    """

    bins: tuple[Bin, ...]
    error: float
    n: int


def calibration(records: Sequence[SampleRecord]) -> Calibration | None:
    """The calibration of some records; None if no scored answer has a confidence."""
    pairs = [
        (record.confidence, record.right)
        for record in records
        if record.confidence is not None and record.right is not None and record.answer is not None
    ]
    if not pairs:
        return None
    bins = []
    for place in range(BINS):
        low, high = place / BINS, (place + 1) / BINS
        inside = [pair for pair in pairs if low < pair[0] <= high or (place == 0 and pair[0] <= low)]
        if found := proportion(sum(right for _, right in inside), len(inside)):
            mean = sum(confidence for confidence, _ in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), mean, found))
    error = sum(bin.n * abs(bin.confidence - bin.accuracy.value) for bin in bins) / len(pairs)
    return Calibration(tuple(bins), error, len(pairs))


def fit_confidence(
    records: Sequence[SampleRecord], questions: Mapping[str, Question], scorer: Scorer | None = None
) -> FittedConfidence:
    """Fit a confidence for a cascade on the votes of an evaluation.

    Args:
        records: of strategies that draw several candidates.
        questions: by id, with gold answers.
        scorer: None for the scorer of each question's kind.

    Raises:
        UsageError: no record has two candidates and a gold answer.
    """
    observations: list[tuple[float, bool]] = []
    for record in records:
        question = questions.get(record.question)
        if question is None or question.gold is None or len(record.votes) < 2:
            continue

        def right(text: str | None, question: Question = question) -> bool:
            return bool(score(Answer(text), question, scorer).right)

        observations += observe(record.votes, right)
    if not observations:
        raise UsageError(
            "no strategy of this evaluation draws several candidates; add one such as sc(pal, n=10)"
        )
    return fit(observations, source=f"{len(records)} answers of an evaluation")


@dataclass(frozen=True, slots=True)
class VotePoint:
    """The accuracy of the vote over the first `k` candidates."""

    k: int
    accuracy: Interval


def vote_curve(
    records: Sequence[SampleRecord], questions: Mapping[str, Question], scorer: Scorer | None = None
) -> list[VotePoint]:
    """The accuracy for each k from 1 to the number of candidates; empty if the records differ in that number.

    Args:
        records: of one strategy that votes.
        questions: by id, with gold answers.
        scorer: None for the scorer of each question's kind.
    """
    kept = [record for record in records if record.question in questions and not record.error]
    counts = {len(record.votes) for record in kept}
    n_candidates = counts.pop() if len(counts) == 1 else 0
    points = []
    for k in range(1, n_candidates + 1 if n_candidates > 1 else 1):
        marks = [
            score(Answer(majority(record.votes[:k])), questions[record.question], scorer).right
            for record in kept
        ]
        scored = [mark for mark in marks if mark is not None]
        if found := proportion(sum(scored), len(scored)):
            points.append(VotePoint(k, found))
    return points
