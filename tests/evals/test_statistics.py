"""The intervals and tests against statsmodels and against cases worked out by others."""

from __future__ import annotations

import random

import pytest

from sandreckoner.evals.report.statistics import difference, mcnemar, proportion, quantile


def test_the_interval_of_a_share_is_wilsons() -> None:
    statsmodels = pytest.importorskip("statsmodels.stats.proportion", reason="a package of the tests")
    for right, n in ((0, 10), (7, 10), (63, 100), (100, 100)):
        found = proportion(right, n)
        assert found is not None
        low, high = statsmodels.proportion_confint(right, n, 0.05, "wilson")
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert proportion(0, 0) is None


def test_the_paired_test_is_mcnemars_exact_one() -> None:
    tables = pytest.importorskip("statsmodels.stats.contingency_tables", reason="a package of the tests")
    chance = random.Random(3)
    for n in (5, 40, 300):
        ours = [chance.random() < 0.7 for _ in range(n)]
        theirs = [chance.random() < 0.5 for _ in range(n)]
        counts = [[0, 0], [0, 0]]
        for a, b in zip(ours, theirs, strict=True):
            counts[a][b] += 1
        assert mcnemar(ours, theirs) == pytest.approx(tables.mcnemar(counts, exact=True).pvalue, abs=1e-12)
    assert mcnemar([True, False], [True, False]) == 1.0
    with pytest.raises(ValueError, match="zip"):
        mcnemar([True], [True, False])


def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(1)
    held = 0
    for trial in range(60):
        theirs = [chance.random() < 0.5 for _ in range(80)]
        ours = [chance.random() < 0.65 for _ in range(80)]
        found = difference(ours, theirs, seed=trial)
        assert found is not None
        held += found.low <= 0.15 <= found.high
    assert held >= 50  # 57 expected of 60; fewer than 50 has a probability below 0.001


def test_a_difference_of_nothing_and_of_one() -> None:
    assert difference([], []) is None
    one = difference([True], [False])
    assert one is not None
    assert (one.value, one.low, one.high) == (1.0, -1.0, 1.0)
    same = difference([True, False], [True, False])
    assert same is not None
    assert (same.low, same.high) == (0.0, 0.0)


def test_quantiles() -> None:
    assert quantile([], 0.5) is None
    assert quantile([1, 2, 3, 4], 0.5) == 2.5
