"""Confidence in the most frequent of several answers: its lead, or a fit to runs with known answers.

The lead measures how safe a vote is, not how often such a vote is right: samples of one mistake agree too.
A fitted confidence maps one to the other by isotonic regression (Zadrozny and Elkan 2002, "Transforming
Classifier Scores into Accurate Multiclass Probability Estimates"): the closest curve that never falls.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from sandreckoner.chains.strategies.stopping_rules import lead_is_safe, leaders
from sandreckoner.chains.strategies.voting import majority
from sandreckoner.core.errors import UsageError

VERSION = 1

# Between 0 and 1, of the answers so far in the order drawn; None for a candidate without one.
Confidence: TypeAlias = Callable[[Sequence[str | None]], float]


def lead(answers: Sequence[str | None]) -> float:
    """Return the probability that the most frequent answer stays ahead in an endless vote: `lead_is_safe`.

    0.75 for a single candidate, 0.875 for two that agree, 0.5 for two that do not; 0 without an answer.
    """
    first, second = leaders(answers)
    return round(lead_is_safe(first, second), 4) if first else 0.0


@dataclass(frozen=True, slots=True)
class FittedConfidence:
    """Confidence fitted on recorded runs: how often a winner with such a lead was right.

    Attributes:
        points: (lead, probability), both increasing; linear between two of them.
        source: what it was fitted on, in a few words.
    """

    points: tuple[tuple[float, float], ...]
    source: str = ""

    def __post_init__(self) -> None:
        sides = tuple(zip(*self.points, strict=True))
        rising = all(list(side) == sorted(side) and side[0] >= 0 and side[-1] <= 1 for side in sides)
        if not self.points or not rising:
            raise UsageError("a fitted confidence needs pairs of a lead and a probability that never fall")

    def __call__(self, answers: Sequence[str | None]) -> float:
        score = lead(answers)
        after = bisect_right(self.points, (score, 2.0))
        if score == 0 or after == 0:
            return 0.0 if score == 0 else self.points[0][1]
        if after == len(self.points):
            return self.points[-1][1]
        (x, low), (beyond, high) = self.points[after - 1], self.points[after]
        return round(low + (high - low) * (score - x) / (beyond - x), 4)


def observe(
    answers: Sequence[str | None], right: Callable[[str | None], bool]
) -> Iterator[tuple[float, bool]]:
    """Yield the lead after each answer of a recorded run, and whether the winner so far is right."""
    for drawn in range(1, len(answers) + 1):
        yield lead(answers[:drawn]), right(majority(answers[:drawn]))


def fit(observations: Iterable[tuple[float, bool]], *, source: str = "") -> FittedConfidence:
    """Fit probabilities that never fall with the lead to observations.

    Args:
        observations: from `observe`, of many questions.
        source: a short description of them, stored in the file.

    Raises:
        UsageError: there are none.
    """
    counts: dict[float, list[int]] = {}
    for score, right in observations:
        count = counts.setdefault(score, [0, 0])
        count[0] += right
        count[1] += 1
    blocks: list[tuple[list[float], int, int]] = []
    for score, (hits, total) in sorted(counts.items()):
        block = [score], hits, total
        # Pool adjacent violators: a block that is right no more often than the one before joins it.
        while blocks and blocks[-1][1] * block[2] >= block[1] * blocks[-1][2]:
            before = blocks.pop()
            block = before[0] + block[0], before[1] + block[1], before[2] + block[2]
        blocks.append(block)
    ends = ((score, hits / total) for scores, hits, total in blocks for score in (scores[0], scores[-1]))
    points = dict.fromkeys((score, round(probability, 6)) for score, probability in ends)
    return FittedConfidence(tuple(points), source)


def save_confidence(fitted: FittedConfidence, path: str | Path) -> None:
    """Write a fitted confidence to a file, for `cascade(…, confidence="FILE")`."""
    record = {
        "confidence": VERSION,
        "source": fitted.source,
        "points": [list(point) for point in fitted.points],
    }
    Path(path).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def load_confidence(path: str | Path) -> FittedConfidence:
    """Read a fitted confidence from a file.

    Raises:
        UsageError: the file cannot be read, or holds something else.
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
        if record["confidence"] != VERSION:
            raise ValueError(f"version {record['confidence']!r}")
        return FittedConfidence(
            tuple((float(x), float(p)) for x, p in record["points"]), str(record.get("source", ""))
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as fault:
        raise UsageError(
            f"confidence: {path} is no fitted confidence of version {VERSION} ({fault}); "
            "`save_confidence` writes one"
        ) from None
