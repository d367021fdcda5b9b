"""Cover every pair of values of two axes with few rows, instead of the full product of all axes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations


def pairwise(*axes: Sequence[Hashable]) -> list[tuple[Hashable, ...]]:
    """Rows with one value of each axis, so that any two values of two axes stand together in some row.

    Greedy: each row begins with the first pair that is missing and takes, axis by axis, the value that adds
    the most missing pairs.
    """
    places = range(len(axes))
    missing = {(i, a, j, b) for i, j in combinations(places, 2) for a in axes[i] for b in axes[j]}
    rows = []
    for i, j in combinations(places, 2):
        for a, b in ((a, b) for a in axes[i] for b in axes[j]):
            if (i, a, j, b) not in missing:
                continue
            row = {i: a, j: b}
            for k in (k for k in places if k not in row):
                row[k] = max(axes[k], key=lambda value, k=k: len(_pairs({**row, k: value}) & missing))
            missing -= _pairs(row)
            rows.append(tuple(row[k] for k in places))
    return rows


def _pairs(row: dict[int, Hashable]) -> set[tuple[int, Hashable, int, Hashable]]:
    return {(i, row[i], j, row[j]) for i, j in combinations(sorted(row), 2)}
