"""Combining and reordering rankings: score fusion, diversity (MMR), late-interaction reranking (MaxSim).

All functions take scores where larger is better.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from sandreckoner.core.problem import Passage

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.vectors import Vectors

K = TypeVar("K", bound=Hashable)

Fusion = Literal["min-max", "rank"]
_RANK_CONSTANT = 60


def min_max(one: Mapping[K, float], other: Mapping[K, float], *, weight: float) -> dict[K, float]:
    """The weighted sum of two rankings after min-max normalisation; a missing item scores 0.

    (Fox and Shaw, "Combination of Multiple Searches", TREC-2, 1994: CombSUM.)

    Args:
        one: item to score.
        other: item to score.
        weight: of `one`, from 0 to 1.

    Returns:
        Item to score between 0 and 1, best first; ties in the order of `one`, then of `other`.
    """
    first, second = _normalised(one), _normalised(other)
    items = dict.fromkeys([*one, *other])
    return _sorted(
        {item: weight * first.get(item, 0.0) + (1 - weight) * second.get(item, 0.0) for item in items}
    )


def reciprocal_rank(one: Mapping[K, float], other: Mapping[K, float], *, weight: float) -> dict[K, float]:
    """The weighted sum of 1 / (60 + rank); arguments as for `min_max`.

    (Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", SIGIR 2009.)
    """
    total = dict.fromkeys([*one, *other], 0.0)
    for scores, share in ((one, weight), (other, 1 - weight)):
        for rank, item in enumerate(_sorted(scores), 1):
            total[item] += share / (_RANK_CONSTANT + rank)
    return _sorted(total)


FUSIONS: dict[Fusion, Callable[..., dict[K, float]]] = {"min-max": min_max, "rank": reciprocal_rank}


def maximal_marginal_relevance(
    items: Sequence[K],
    scores: Mapping[K, float],
    similarity: Sequence[Sequence[float]],
    *,
    k: int,
    diversity: float,
) -> list[K]:
    """Choose `k` items that are relevant and unlike each other (Carbonell and Goldstein, SIGIR 1998).

    Args:
        items: n candidates, best first.
        scores: relevance of each item, between 0 and 1.
        similarity: (n, n) similarities between the items, between 0 and 1.
        k: how many items to choose.
        diversity: 0 keeps the order; 1 considers only how new an item is.

    Returns:
        At most `k` items, in the order in which they were chosen.
    """
    left = list(range(len(items)))
    chosen: list[int] = []

    def marginal(index: int) -> float:
        redundancy = max((similarity[index][other] for other in chosen), default=0.0)
        return (1 - diversity) * scores[items[index]] - diversity * redundancy

    while left and len(chosen) < k:
        best = max(left, key=lambda index: (marginal(index), -index))
        chosen.append(best)
        left.remove(best)
    return [items[index] for index in chosen]


class TokenEmbedder(Protocol):
    """Embeds each token of a text; `MiniLM` does."""

    def tokens(self, texts: Sequence[str]) -> list[Vectors]:
        """For each text an array of shape (tokens, dimension), rows of length 1."""
        ...


class MaxSim:
    """A late-interaction reranker (Khattab and Zaharia, "ColBERT", SIGIR 2020, section 3.3).

    The score of a passage is the mean, over the tokens of the question, of the largest cosine to a token of
    the passage. MiniLM was not trained for this: it helps on some texts and hurts on others.

    Args:
        embedder: embeds tokens.
        best: how many passages are scored; the rest follow in their old order.
    """

    def __init__(self, embedder: TokenEmbedder, *, best: int = 20) -> None:
        self._embedder = embedder
        self._best = best

    def __call__(self, question: str, passages: Sequence[Passage]) -> list[float]:
        """A score for each passage; larger is better."""
        head = passages[: self._best]
        query, *found = self._embedder.tokens([question, *(passage.text for passage in head)])
        scores = [float((query @ tokens.T).max(axis=1).mean()) for tokens in found]
        return scores + [-1.0 - rank for rank in range(len(passages) - len(head))]


def _normalised(scores: Mapping[K, float]) -> dict[K, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {item: (score - low) / (high - low) for item, score in scores.items()}


def _sorted(scores: Mapping[K, float]) -> dict[K, float]:
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))
