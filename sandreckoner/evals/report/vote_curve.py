"""Accuracy of a majority vote over the first k candidates, for every k, from one evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandreckoner.chains.strategies.majority import majority
from sandreckoner.core.answer import Answer
from sandreckoner.evals.report.statistics import Interval, proportion
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import Scorer, score


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
