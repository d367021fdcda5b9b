"""Calibration and votes: is confidence matched by accuracy, and what does each further vote add?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandreckoner.chains.strategies.confidence import FittedConfidence, fit, observe
from sandreckoner.chains.strategies.majority import majority
from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import UsageError
from sandreckoner.evals.report.statistics import Interval, proportion
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import Scorer, score

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
