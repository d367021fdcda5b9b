"""Self-consistency, its three votes, and stopping early."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.strategies.adaptive_self_consistency import adaptive_self_consistency
from sandreckoner.chains.strategies.self_consistency import self_consistency
from sandreckoner.chains.strategies.stopping_rules import (
    beta_rule,
    decided,
    lead_holds,
    lead_is_safe,
    stability_rule,
)
from sandreckoner.core.answer import Candidate
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion

COT = ChainOfThought()
SHRUG = "I would rather leave that for somebody else to work out, if you do not mind at all."


def says(*answers: str) -> list[str]:
    return [f"The answer is {answer}." if answer else SHRUG for answer in answers]


def test_the_most_frequent_answer_wins_whatever_its_dress(perform) -> None:
    run = perform(self_consistency(COT, n=5), replies=says("7", "$14.00", "14 loaves", "7.5", "14"))
    assert run.answer.text == "$14.00"
    assert run.answer.confidence == 0.6
    assert [asked.n for asked in run.model.asked] == [5]


def test_replies_in_another_language_or_form_still_count(perform):
    replies = [
        "Die Antwort ist 14.",
        "答えは14です。",
        "#### 14",
        "Donc \\boxed{14}.",
        "I think: 15!",
    ]
    run = perform(self_consistency(COT, n=5), replies=replies)
    assert (run.answer.confidence, len(run.answer.candidates)) == (0.8, 5)


def test_the_first_seen_wins_a_tie(perform) -> None:
    assert perform(self_consistency(COT, n=4), replies=says("9", "3", "3", "9")).answer.text == "9"


def test_who_says_nothing_votes_for_nobody_and_lowers_the_share(perform) -> None:
    run = perform(self_consistency(COT, n=4), replies=says("", "3", "", ""))
    assert (run.answer.text, run.answer.confidence) == ("3", 0.25)


def test_where_nobody_has_an_answer_the_reasons_are_given(perform) -> None:
    run = perform(self_consistency(COT, n=3), replies=["", SHRUG, ""])
    assert run.answer.status == "no answer"
    assert run.answer.reason == (
        "the model answered with nothing (2 times); no answer could be read from the reply"
    )


def sure(text: str, logprob: float | None) -> Completion:
    return Completion(f"The answer is {text}.", logprob=logprob)


def test_a_weighted_vote_believes_the_sure(perform) -> None:
    replies = [sure("1", -20.0), sure("1", -20.0), sure("2", -0.1)]
    strategy = self_consistency(COT, n=3, vote="weighted")
    run = perform(strategy, replies=replies)
    assert run.answer.text == "2"
    weights = [math.exp(-20 / 4), math.exp(-20 / 4), math.exp(-0.1 / 4)]
    assert run.answer.confidence == pytest.approx(weights[2] / sum(weights), abs=1e-6)


def test_without_log_probabilities_a_weighted_vote_says_so_and_counts(perform) -> None:
    run = perform(
        self_consistency(COT, n=3, vote="weighted"), replies=[sure("1", None), sure("1", -9), sure("2", -0.1)]
    )
    assert run.answer.text == "1"
    assert any("no log-probabilities" in getattr(step.effect, "text", "") for step in run.steps)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("Compare.\nThe most consistent response is Response 3.", "3"),
        ("**Response 2**", "2"),
        ("I like them all", "1"),
        ("Response 99", "1"),
        ("Response 0", "1"),
        ("", "1"),
    ],
)
def test_a_universal_vote_takes_what_the_model_names(perform, choice: str, expected: str) -> None:
    strategy = self_consistency(COT, n=3, vote="universal")
    assert perform(strategy, replies=[*says("1", "2", "3"), choice]).answer.text == expected


def test_a_universal_vote_asks_nothing_where_all_agree(perform) -> None:
    run = perform(self_consistency(COT, n=3, vote="universal"), replies=says("14", "14.0", "14"))
    assert len(run.model.asked) == 1


def test_four_that_agree_are_enough_and_the_rest_is_never_asked(perform) -> None:
    run = perform(adaptive_self_consistency(COT, n=40), replies=says(*["14"] * 4))
    assert run.answer.text == "14"
    assert run.calls == 4


def test_every_batch_has_a_seed_of_its_own(perform) -> None:
    run = perform(adaptive_self_consistency(COT, n=6, batch=2), replies=says(*"123456"))
    assert [(asked.n, asked.seed) for asked in run.model.asked] == [(2, None), (2, 2), (2, 4)]


def test_it_stops_when_the_rest_could_not_change_the_vote(perform) -> None:
    run = perform(adaptive_self_consistency(COT, n=5, threshold=0.999), replies=says("1", "1", "1"))
    assert run.calls == 3


def test_stability_stops_at_a_run_of_equal_answers(perform) -> None:
    strategy = adaptive_self_consistency(COT, n=10, rule="stability", window=2)
    run = perform(strategy, replies=says("1", "2", "", "3", "3.0"))
    assert run.calls == 5
    assert run.answer.text == "3"


def test_the_beta_rule_is_the_integral_of_the_paper() -> None:
    cells = 2_000  # midpoints of the Beta density; no draws, so no luck either
    for first in range(8):
        for second in range(first + 1):
            places = [(cell + 0.5) / cells for cell in range(cells)]
            density = [place**first * (1 - place) ** second for place in places]
            above = sum(density[cells // 2 :]) / sum(density)
            assert lead_is_safe(first, second) == pytest.approx(above, abs=1e-6)


def test_a_lead_holds_as_often_as_in_a_simulation():
    for first, second, remaining in ((1, 0, 3), (3, 1, 4), (5, 4, 10), (2, 2, 5)):
        draws = random.Random(first)
        held = 0
        for _ in range(20_000):
            p = draws.betavariate(first + 1, second + 1)
            more = sum(draws.random() < p for _ in range(remaining))
            held += second + remaining - more <= first + more
        assert lead_holds(first, second, remaining) == pytest.approx(held / 20_000, abs=0.015)


def test_near_its_end_a_vote_needs_a_shorter_lead(perform):
    answers = says(*"112111")
    beta = perform(adaptive_self_consistency(COT, n=8, rule="beta", threshold=0.9), replies=answers + answers)
    horizon = perform(
        adaptive_self_consistency(COT, n=8, rule="horizon", threshold=0.9), replies=answers + answers
    )
    assert horizon.calls < beta.calls


def test_a_longer_lead_is_safer() -> None:
    assert all(lead_is_safe(a, 2) < lead_is_safe(b, 2) for a, b in pairwise(range(2, 20)))


@given(st.lists(st.sampled_from(["1", "2", "3", None]), min_size=1, max_size=12), st.integers(0, 12))
def test_what_is_decided_stays_decided(answers: list[str | None], cut: int) -> None:
    from sandreckoner.chains.strategies.voting import majority

    drawn, rest = answers[:cut], answers[cut:]
    if decided(drawn, len(rest)):
        assert majority(answers) == majority(drawn)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: self_consistency(COT, n=0), "n must be a whole number, 1 or more, not 0"),
        (lambda: self_consistency(COT, n=5, temperature=0), "temperature above 0"),
        (lambda: self_consistency(COT, vote="loudest"), "vote must be one of majority, weighted, universal"),
        (lambda: adaptive_self_consistency(COT, batch=0), "batch must be"),
        (lambda: adaptive_self_consistency(COT, rule="luck"), "rule must be one of beta, horizon, stability"),
        (lambda: beta_rule(1.0), "threshold must be between 0.5 and 1"),
        (lambda: stability_rule(1), "window must be 2 or more"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(make, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_candidate_of_a_vote_keeps_its_tokens(perform) -> None:
    (candidate,) = perform(self_consistency(COT, n=1), replies=["The answer is 3."]).answer.candidates
    assert isinstance(candidate, Candidate)
    assert candidate.tokens == 4
