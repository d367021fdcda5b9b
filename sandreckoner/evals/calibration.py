"""Whether a confidence means what it says: of the answers given at 0.8, are four in five right?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandreckoner.evals.record import Record
from sandreckoner.evals.statistics import Interval, share

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence lies in (low, high], the first bin with 0 in it."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class Calibration:
    """The reliability diagram, and the one figure that sums it up.

    Attributes:
        bins: those with answers in them.
        error: expected calibration error (Guo et al. 2017): the mean gap between confidence and accuracy,
            weighted by the answers of a bin.
        n: answers with a confidence that were scored.
    """

    bins: tuple[Bin, ...]
    error: float
    n: int


def calibration(records: Sequence[Record]) -> Calibration | None:
    """How well the confidences of some records hold; None where none has one."""
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
        if found := share(sum(right for _, right in inside), len(inside)):
            mean = sum(confidence for confidence, _ in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), mean, found))
    error = sum(bin.n * abs(bin.confidence - bin.accuracy.value) for bin in bins) / len(pairs)
    return Calibration(tuple(bins), error, len(pairs))
