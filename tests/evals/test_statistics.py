"""The intervals and tests against statsmodels and against cases worked out by others."""

from __future__ import annotations

import random

import pytest

from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem
from sandreckoner.evals import Question
from sandreckoner.evals.report.charts import vote_chart
from sandreckoner.evals.report.statistics import (
    calibration,
    clustered,
    difference,
    mcnemar,
    proportion,
    quantile,
    vote_curve,
)
from sandreckoner.evals.run.sample_record import SampleRecord


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
    for _ in range(60):
        theirs = [chance.random() < 0.5 for _ in range(80)]
        ours = [chance.random() < 0.65 for _ in range(80)]
        found = difference(ours, theirs)
        assert found is not None
        held += found.low <= 0.15 <= found.high
    assert held >= 50  # 57 expected of 60; fewer than 50 has a probability below 0.001


@pytest.mark.parametrize("n", [10, 20, 100])
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.8), (0.97, 0.97)])
def test_the_interval_covers_at_small_n_and_near_the_ends(n: int, shares: tuple[float, float]) -> None:
    chance = random.Random(n)
    first, second = shares
    held, trials = 0, 400
    for _ in range(trials):
        common = [chance.random() for _ in range(n)]  # one difficulty for both, half of the time
        other = [own if chance.random() < 0.5 else chance.random() for own in common]
        found = difference([x < first for x in common], [x < second for x in other])
        assert found is not None
        held += found.low <= first - second <= found.high
    assert held >= 0.92 * trials  # 380 expected; fewer than 368 has a probability below 0.1


def test_without_correlation_it_is_newcombes_interval_of_two_samples() -> None:
    statsmodels = pytest.importorskip("statsmodels.stats.proportion", reason="a package of the tests")
    ours = [True] * 48 + [False] * 16
    theirs = [True] * 30 + [False] * 18 + [True] * 10 + [False] * 6  # 30 · 6 = 18 · 10
    found = difference(ours, theirs)
    assert found is not None
    expected = statsmodels.confint_proportions_2indep(48, 64, 40, 64, method="newcomb")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)


def test_a_difference_of_nothing_and_of_one() -> None:
    assert difference([], []) is None
    one = difference([True], [False])
    assert one is not None
    assert one.value == 1.0 and one.low < 0 and one.high == 1.0
    same = difference([True, False], [True, False])
    assert same is not None
    assert same.low < 0 == same.value < same.high


def test_repetitions_of_a_question_are_no_new_questions() -> None:
    ours, theirs = [True, True, True, False, True], [False, True, False, False, True]
    once = difference(ours, theirs)
    names = [f"q{i}" for i in range(5)]
    repeated = difference(ours * 20, theirs * 20, names * 20)
    assert once is not None and repeated is not None
    assert (repeated.value, repeated.low, repeated.high) == pytest.approx((once.value, once.low, once.high))
    assert mcnemar(ours * 20, theirs * 20, names * 20) == mcnemar(ours, theirs) == 0.5
    assert mcnemar(ours * 20, theirs * 20) < 0.001  # what repetition would pretend
    shares = clustered(zip(names * 20, ours * 20, strict=True)), proportion(4, 5)
    assert shares[0] == shares[1]


def test_quantiles() -> None:
    assert quantile([], 0.5) is None
    assert quantile([1, 2, 3, 4], 0.5) == 2.5


@pytest.mark.parametrize("confidence", [-0.1, 1.01, float("nan")])
def test_a_confidence_outside_its_range_is_an_error(confidence: float) -> None:
    record = SampleRecord("k", "q", "pal", 0, "1", "1", "answered", right=True, confidence=confidence)
    with pytest.raises(UsageError, match="must be between 0 and 1"):
        calibration([record])


def test_a_vote_curve_with_failed_samples_is_drawn_from_what_there_is_and_says_so() -> None:
    def record(question: str, *votes: str | None, status: str = "answered") -> SampleRecord:
        return SampleRecord(f"k{question}", question, "sc", 0, "1", "1", status, votes=votes)

    questions = {name: Question(name, Problem("?"), "1") for name in "abcd"}
    whole = [record("a", "1", "1", "1"), record("b", "2", "1", "1")]
    points = vote_curve(whole, questions)
    assert [(point.k, point.accuracy.value, point.short) for point in points] == [
        (1, 0.5, 0),
        (2, 0.5, 0),
        (3, 1, 0),
    ]
    broken = [*whole, record("c", status="error"), record("d", "2")]
    points = vote_curve(broken, questions)
    assert [point.short for point in points] == [1, 2, 2]
    assert points[2].accuracy.value == pytest.approx(2 / 3)
    assert "2 samples failed or drew fewer candidates" in vote_chart({"sc": points})
    assert "fewer" not in vote_chart({"sc": vote_curve(whole, questions)})
