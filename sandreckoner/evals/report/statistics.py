"""Statistics of an evaluation: intervals and paired tests over questions, calibration, and what a vote adds.

The epochs of a question are repetitions: they make its own mean more certain, and not the number of questions
larger (Miller 2024, "Adding Error Bars to Evals"). So everything is reduced by question first.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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


def proportion(right: float, n: int) -> Interval | None:
    """A proportion with its Wilson interval (Wilson 1927); None if n is 0.

    Args:
        right: how many of the `n` are correct; not whole where it is a sum of means.
        n: number of independent observations: questions, not their repetitions.
    """
    if n == 0:
        return None
    z2 = _z() ** 2
    share = right / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def _z() -> float:
    with needing("eval", "an interval"):
        from scipy.stats import norm  # type: ignore[import-untyped]  # scipy has no types

    return float(norm.ppf(0.975))


def clustered(marks: Iterable[tuple[str, bool]]) -> Interval | None:
    """The accuracy over questions, where the epochs of one question are repetitions and count as one.

    Args:
        marks: the question of each sample, and whether it is correct.
    """
    by_question: dict[str, list[bool]] = {}
    for question, right in marks:
        by_question.setdefault(question, []).append(right)
    return proportion(sum(sum(own) / len(own) for own in by_question.values()), len(by_question))


def mcnemar(ours: Sequence[bool], theirs: Sequence[bool], questions: Sequence[str] = ()) -> float:
    """The exact two-sided p-value of McNemar's test (1947) that two paired series differ only by chance.

    Args:
        ours: correct or not, one per sample.
        theirs: the baseline's, for the same samples in the same order.
        questions: the question of each sample, where there are repetitions: then each question counts once,
            for whoever has more of its samples right. Empty where each sample is a question.

    Raises:
        ValueError: the series differ in length.
    """
    with needing("eval", "a paired test"):
        from scipy.stats import binomtest

    gaps: dict[str, int] = {}
    for question, a, b in zip(_questions(ours, questions), ours, theirs, strict=True):
        gaps[question] = gaps.get(question, 0) + a - b
    only_ours, only_theirs = sum(gap > 0 for gap in gaps.values()), sum(gap < 0 for gap in gaps.values())
    if only_ours + only_theirs == 0:
        return 1.0
    return float(binomtest(only_ours, only_ours + only_theirs).pvalue)


def difference(
    ours: Sequence[bool], theirs: Sequence[bool], questions: Sequence[str] = ()
) -> Interval | None:
    """The difference of two accuracies on the same questions, with Newcombe's score interval.

    Newcombe 1998, "Improved confidence intervals for the difference between binomial proportions based on
    paired data", method 10: Wilson's limits of both, joined by their correlation.

    Args:
        ours: correct or not, one per sample.
        theirs: the baseline's, for the same samples in the same order.
        questions: the question of each sample, where there are repetitions, which then count as one.

    Returns:
        The difference with its interval; None if there are no samples.
    """
    named = _questions(ours, questions)
    size = Counter(named)
    n = len(size)
    cells: dict[tuple[bool, bool], float] = {}
    for question, a, b in zip(named, ours, theirs, strict=True):
        cells[a, b] = cells.get((a, b), 0.0) + 1 / size[question]
    both, mine = cells.get((True, True), 0.0), cells.get((True, False), 0.0)
    other, neither = cells.get((False, True), 0.0), cells.get((False, False), 0.0)
    first, second = proportion(both + mine, n), proportion(both + other, n)
    if first is None or second is None:
        return None
    phi = _correlation(both, mine, other, neither)
    gap = (mine - other) / n
    down = _joined(first.value - first.low, second.high - second.value, phi)
    up = _joined(first.high - first.value, second.value - second.low, phi)
    return Interval(gap, max(-1.0, gap - down), min(1.0, gap + up))


def _questions(ours: Sequence[bool], questions: Sequence[str]) -> Sequence[str]:
    return questions or [str(i) for i in range(len(ours))]


def _correlation(both: float, mine: float, other: float, neither: float) -> float:
    """Newcombe's correlation of two paired series, with his correction for continuity."""
    product = (both + mine) * (other + neither) * (both + other) * (mine + neither)
    if product <= 0:
        return 0.0
    gap = both * neither - mine * other
    corrected = max(gap - (both + mine + other + neither) / 2, 0.0) if gap > 0 else gap
    return corrected / math.sqrt(product)


def _joined(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))


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
        (record.confidence, record.question, record.right)
        for record in records
        if record.confidence is not None and record.right is not None and record.answer is not None
    ]
    if not pairs:
        return None
    if outside := [confidence for confidence, _, _ in pairs if not 0 <= confidence <= 1]:
        raise UsageError(f"a confidence must be between 0 and 1, not {outside[0]}")
    bins = []
    for place in range(BINS):
        low, high = place / BINS, (place + 1) / BINS
        inside = [pair for pair in pairs if low < pair[0] <= high or (place == 0 and pair[0] <= low)]
        if found := clustered((question, right) for _, question, right in inside):
            mean = sum(confidence for confidence, _, _ in inside) / len(inside)
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
    """The accuracy of the vote over the first `k` candidates.

    Attributes:
        k: how many candidates vote, at most.
        accuracy: over the questions whose samples could be scored.
        short: how many samples have fewer than `k` candidates, or none because their run failed.
    """

    k: int
    accuracy: Interval
    short: int = 0


def vote_curve(
    records: Sequence[SampleRecord], questions: Mapping[str, Question], scorer: Scorer | None = None
) -> list[VotePoint]:
    """The accuracy for each k from 1 to the number of candidates; empty where none has several.

    It is drawn from what there is: of a sample with fewer than k candidates all of them vote, a failed one is
    left out, and `VotePoint.short` counts both.

    Args:
        records: of one strategy that votes.
        questions: by id, with gold answers.
        scorer: None for the scorer of each question's kind.
    """
    known = [record for record in records if record.question in questions]
    kept = [record for record in known if not record.error and record.votes]
    n_candidates = max((len(record.votes) for record in kept), default=0)
    points = []
    for k in range(1, n_candidates + 1 if n_candidates > 1 else 1):
        marks = [
            (
                record.question,
                score(Answer(majority(record.votes[:k])), questions[record.question], scorer).right,
            )
            for record in kept
        ]
        short = len(known) - sum(len(record.votes) >= k for record in kept)
        if found := clustered((question, mark) for question, mark in marks if mark is not None):
            points.append(VotePoint(k, found, short))
    return points
