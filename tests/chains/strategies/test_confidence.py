"""A confidence fitted on runs with known answers, kept in a file, and used by a cascade."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.chains.spec import parse_strategy
from sandreckoner.chains.strategies.confidence import (
    FittedConfidence,
    fit,
    lead,
    load_confidence,
    observe,
    save_confidence,
)
from sandreckoner.chains.strategies.voting import majority
from sandreckoner.core.errors import UsageError
from sandreckoner.reading.final_answer import read_answer


def test_the_lead_is_what_the_paper_s_rule_says() -> None:
    assert [lead(answers) for answers in (["1"], ["1", "1"], ["1", "2"], [None], [])] == [
        0.75,
        0.875,
        0.5,
        0.0,
        0.0,
    ]


def test_it_is_isotonic_regression() -> None:
    """By hand: 0.5 is right 1 of 2, 0.75 never of 1 (pooled to 1 of 3), 0.9 always."""
    fitted = fit([(0.5, True), (0.5, False), (0.75, False), (0.9, True)])
    assert fitted.points == ((0.5, pytest.approx(1 / 3, abs=1e-6)), (0.75, fitted.points[0][1]), (0.9, 1.0))


OBSERVED = st.lists(st.tuples(st.sampled_from([0.5, 0.75, 0.875, 0.95]), st.booleans()), min_size=1)


@given(OBSERVED)
def test_it_never_falls_and_its_mean_is_that_of_the_truth(observed: list[tuple[float, bool]]) -> None:
    fitted = fit(observed)
    of = dict(fitted.points)
    inside = [next(p for x, p in reversed(fitted.points) if x <= score) for score, _ in observed]
    assert list(of.values()) == sorted(of.values())
    assert sum(inside) == pytest.approx(sum(right for _, right in observed), abs=1e-4)


@given(OBSERVED, st.lists(st.sampled_from(["1", "2", None]), max_size=9))
def test_it_is_a_probability_for_any_answers(observed, answers: list[str | None]) -> None:
    assert 0 <= fit(observed)(answers) <= 1


def test_a_file_keeps_it(tmp_path: Path) -> None:
    fitted = fit([(0.5, False), (0.75, True), (0.75, False), (0.9, True)], source="four of them")
    save_confidence(fitted, tmp_path / "fitted.json")
    assert load_confidence(tmp_path / "fitted.json") == fitted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"confidence": 2, "points": [[0, 1]]}',
        '{"confidence": 1, "points": []}',
        '{"confidence": 1, "points": [[0.9, 0.5], [0.5, 0.9]]}',
        '{"confidence": 1, "points": [[0.5, 0.9], [0.9, 0.5]]}',
        '{"confidence": 1, "points": [[0.5, 1.5]]}',
        '{"confidence": 1, "points": [[0.5, NaN]]}',
        '{"confidence": 1, "points": [[0.5]]}',
        "[" * 10_000,
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(UsageError, match=r"x\.json is no fitted confidence of version 1") as caught:
        load_confidence(tmp_path / "x.json")
    assert "\n" not in str(caught.value)


def test_a_cascade_stops_by_it(perform, tmp_path: Path) -> None:
    """Two that agree have a lead of 0.875: enough for the rule, not for runs in which they were wrong."""
    replies = ["The answer is 14."] * 9
    spec = "cascade(cot, cot, sc(cot, n=3), target=0.85{})"
    assert perform(parse_strategy(spec.format("")), replies=replies).calls == 2
    doubtful = fit([(0.75, True), (0.75, False), (0.875, True), (0.875, False), (0.99, True)])
    save_confidence(doubtful, tmp_path / "fitted.json")
    run = perform(parse_strategy(spec.format(f', confidence="{tmp_path}/fitted.json"')), replies=replies)
    assert run.calls == 5
    assert run.answer.confidence == pytest.approx(doubtful(["14"] * 5))


@pytest.mark.data
def test_on_recorded_runs_it_halves_the_error_of_the_lead(data: Path) -> None:
    """Dates, 40 samples each: fitted on every other question, the calibration error on the rest."""
    path = data / "recorded" / "fcot_date_LtM_n40_code002.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    random.Random(0).shuffle(rows)
    runs = [
        ([read_answer(text) for text in row["samples"][:5]], row["gold"].removeprefix("#### "))
        for row in rows
    ]
    fitted = fit(
        pair for answers, gold in runs[::2] for pair in observe(answers, lambda won, gold=gold: won == gold)
    )

    def error(confidence) -> float:
        bins: dict[int, float] = {}
        for answers, gold in runs[1::2]:
            sure = confidence(answers)
            bins[int(10 * sure)] = bins.get(int(10 * sure), 0.0) + sure - (majority(answers) == gold)
        return sum(map(abs, bins.values())) / len(runs[1::2])

    assert error(fitted) < error(lead) / 2
    assert isinstance(fitted, FittedConfidence)
