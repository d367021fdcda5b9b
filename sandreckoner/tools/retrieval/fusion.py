"""Two rankings made one, and a ranking made varied. Pure functions over scores, where larger is better."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Literal, TypeVar

K = TypeVar("K", bound=Hashable)

Fusion = Literal["min-max", "rank"]
_RANK_CONSTANT = 60


def min_max(one: Mapping[K, float], other: Mapping[K, float], *, weight: float) -> dict[K, float]:
    """Each ranking stretched to 0…1, then their weighted sum; what a ranking lacks counts 0 in it.

    (Fox and Shaw, "Combination of Multiple Searches", TREC-2, 1994: CombSUM.)

    Args:
        one: item to score.
        other: item to score.
        weight: of `one`, from 0 to 1.

    Returns:
        Item to score between 0 and 1, best first; equal scores in the order of `one`, then of `other`.
    """
    first, second = _stretched(one), _stretched(other)
    items = dict.fromkeys([*one, *other])
    return _sorted(
        {item: weight * first.get(item, 0.0) + (1 - weight) * second.get(item, 0.0) for item in items}
    )


def reciprocal_rank(one: Mapping[K, float], other: Mapping[K, float], *, weight: float) -> dict[K, float]:
    """The weighted sum of 1 / (60 + rank) (Cormack, Clarke and Büttcher, SIGIR 2009). The same arguments."""
    items = dict.fromkeys([*one, *other])
    total = dict.fromkeys(items, 0.0)
    for scores, share in ((one, weight), (other, 1 - weight)):
        for rank, item in enumerate(_sorted(scores), 1):
            total[item] += share / (_RANK_CONSTANT + rank)
    return _sorted(total)


FUSIONS: dict[Fusion, Callable[..., dict[K, float]]] = {"min-max": min_max, "rank": reciprocal_rank}


def marginal(
    items: Sequence[K],
    scores: Mapping[K, float],
    similarity: Sequence[Sequence[float]],
    *,
    k: int,
    variety: float,
) -> list[K]:
    """Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).

    Args:
        items: candidates, best first.
        scores: of the items, between 0 and 1.
        similarity: between the items, in their order, between 0 and 1.
        k: how many to choose.
        variety: 0 keeps the order, 1 looks only at what is not yet there.

    Returns:
        The chosen ones, in the order of choosing.
    """
    left = list(range(len(items)))
    chosen: list[int] = []

    def worth(place: int) -> float:
        repeated = max((similarity[place][other] for other in chosen), default=0.0)
        return (1 - variety) * scores[items[place]] - variety * repeated

    while left and len(chosen) < k:
        best = max(left, key=lambda place: (worth(place), -place))
        chosen.append(best)
        left.remove(best)
    return [items[place] for place in chosen]


def _stretched(scores: Mapping[K, float]) -> dict[K, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {item: (score - low) / (high - low) for item, score in scores.items()}


def _sorted(scores: Mapping[K, float]) -> dict[K, float]:
    return dict(sorted(scores.items(), key=lambda entry: -entry[1]))
