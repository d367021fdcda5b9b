"""Fusion and variety, as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.tools.retrieval.ranking import maximal_marginal_relevance, min_max, reciprocal_rank

NUMBERS = st.integers(-10_000, 10_000).map(lambda number: number / 1000)
SCORES = st.dictionaries(st.sampled_from("abcdefgh"), NUMBERS, max_size=8)
WEIGHTS = st.floats(0, 1)


@pytest.mark.parametrize("fuse", [min_max, reciprocal_rank])
@given(SCORES, SCORES, WEIGHTS)
def test_a_fusion_holds_every_item_once_best_first(fuse, one, other, weight) -> None:
    fused = fuse(one, other, weight=weight)
    assert set(fused) == {*one, *other}
    assert list(fused.values()) == sorted(fused.values(), reverse=True)
    assert all(0 <= score <= 1 for score in fused.values())


@given(SCORES, SCORES, WEIGHTS, st.floats(0.1, 10), st.floats(-5, 5))
def test_min_max_does_not_see_scale_or_shift(one, other, weight, scale, shift) -> None:
    rocchio = {item: scale * score + shift for item, score in one.items()}
    plain = min_max(one, other, weight=weight)
    again = min_max(rocchio, other, weight=weight)
    if len({round(score, 3) for score in one.values()}) == len(one):  # no ties that rounding could break
        assert all(plain[item] == pytest.approx(again[item], abs=1e-3) for item in plain)


@given(SCORES)
def test_a_weight_of_one_keeps_the_order_of_the_first(one) -> None:
    assert list(min_max(one, {}, weight=1.0)) == sorted(one, key=lambda item: -one[item])


def test_what_both_rank_high_wins() -> None:
    words = {"a": 9.0, "b": 8.0, "c": 1.0}
    vectors = {"b": 0.9, "d": 0.8, "a": 0.1}
    assert next(iter(min_max(words, vectors, weight=0.5))) == "b"
    assert next(iter(reciprocal_rank(words, vectors, weight=0.5))) == "b"


def test_variety_passes_over_a_copy() -> None:
    scores = {"a": 1.0, "copy of a": 0.99, "b": 0.5}
    similarity = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert maximal_marginal_relevance(list(scores), scores, similarity, k=2, diversity=0.0) == [
        "a",
        "copy of a",
    ]
    assert maximal_marginal_relevance(list(scores), scores, similarity, k=2, diversity=0.5) == ["a", "b"]
