"""Refine, cascade, cross-examination and nesting."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sandreckoner.chains.answering import answer, refuse_unaffordable
from sandreckoner.chains.method import Sampling
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.methods.direct import Direct
from sandreckoner.chains.methods.program_aided import ProgramAided
from sandreckoner.chains.nested import Nested
from sandreckoner.chains.spec import parse_strategy
from sandreckoner.chains.strategies.cascade import cascade
from sandreckoner.chains.strategies.cross_examination import cross_examination
from sandreckoner.chains.strategies.refine import refine
from sandreckoner.chains.strategies.self_consistency import self_consistency
from sandreckoner.chains.strategies.single import single
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.budget import Budget
from sandreckoner.core.effects import Steps
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import BudgetSpent, ModelUnavailable, UsageError
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Problem
from sandreckoner.llms import ScriptedModel

COT = ChainOfThought()


def test_a_critic_sends_an_attempt_back_with_what_is_wrong(perform):
    replies = ["The answer is 15.", "23 - 9 is not 15.", "The answer is 14.", "CORRECT"]
    run = perform(refine(COT, rounds=3), replies=replies)
    assert run.answer.text == "14"
    assert len(run.answer.candidates) == 2
    again = run.model.asked[2].messages[-1].content
    assert "The answer is 15." in again
    assert "23 - 9 is not 15." in again


@pytest.mark.parametrize("approval", ["CORRECT", "Correct.", "**Correct**", "All is right.\nCORRECT", ""])
def test_an_approval_ends_the_rounds(perform, approval: str):
    assert perform(refine(COT), replies=["The answer is 14.", approval]).calls == 2


def test_incorrect_is_no_approval(perform):
    run = perform(refine(COT, rounds=1), replies=["The answer is 1.", "INCORRECT", "The answer is 2."])
    assert run.answer.text == "2"


def test_an_attempt_without_an_answer_needs_no_critic(perform):
    run = perform(refine(COT, rounds=1), replies=["", "The answer is 2."])
    assert run.answer.text == "2"
    assert "the model answered with nothing" in run.model.asked[1].messages[-1].content


def test_the_last_attempt_with_an_answer_stands_when_the_next_has_none(perform):
    run = perform(refine(COT, rounds=1), replies=["The answer is 1.", "It is wrong.", ""])
    assert run.answer.text == "1"


def test_a_cascade_stops_where_two_agree(perform):
    strategy = cascade(single(Direct()), single(COT), self_consistency(COT, n=5))
    run = perform(strategy, replies=["14", "The answer is 14."])
    assert (run.answer.text, run.answer.confidence) == ("14", 0.875)
    assert run.calls == 2


def test_a_cascade_climbs_while_they_disagree(perform):
    strategy = cascade(single(Direct()), single(COT), self_consistency(COT, n=3))
    run = perform(strategy, replies=["9", *[f"The answer is {n}." for n in (14, 14, 14, 14)]])
    assert run.answer.text == "14"
    assert run.calls == 5


def test_a_cascade_refuses_a_confidence_that_is_none(perform):
    strategy = cascade(single(Direct()), single(COT), confidence=lambda answers: 1.2)
    with pytest.raises(UsageError, match="must be between 0 and 1, not 1.2"):
        perform(strategy, replies=["14", "The answer is 14."])


def test_a_cascade_abstains_below_its_target_and_says_why(perform):
    replies = ["9", "The answer is 14."]
    run = perform(cascade(single(Direct()), single(COT)), replies=replies)
    assert (run.answer.text, run.answer.status) == (None, "no answer")
    assert "do not agree" in run.answer.reason
    assert "14 at confidence 0.50" in run.answer.reason
    assert perform(cascade(single(Direct()), single(COT), abstain=False), replies=replies).answer.text == "14"


def test_methods_are_drawn_side_by_side_and_the_majority_wins(perform):
    def reply(messages: tuple[Message, ...]) -> str:
        return "```python\nanswer = 14\n```" if "Python" in messages[0].content else "The answer is 15."

    run = perform(cross_examination(COT, ProgramAided(), Direct()), model=ScriptedModel(reply))
    assert run.answer.text == "15"
    assert run.answer.confidence == pytest.approx(2 / 3, abs=1e-6)
    disagree = perform(cross_examination(ProgramAided(), COT), model=ScriptedModel(reply))
    assert disagree.answer.text == "14", "the first method wins where no two agree"


def test_all_methods_failing_gives_every_reason(perform):
    run = perform(cross_examination(), model=ScriptedModel(lambda messages: ""))
    assert run.answer.status == "no answer"
    assert run.answer.reason == "the model answered with nothing (3 times)"


def test_a_strategy_inside_a_vote_is_one_candidate_a_run(perform):
    inner = self_consistency(COT, n=2)
    run = perform(
        self_consistency(Nested(inner), n=3),
        model=ScriptedModel(lambda messages: "The answer is 14."),
    )
    assert run.answer.text == "14"
    assert len(run.answer.candidates) == 3
    seeds = [asked.seed for asked in run.model.asked]
    assert len(set(seeds)) == 3, "no cache can give one run's samples to another"


def test_a_nested_strategy_over_the_budget_is_refused_before_the_first_call():
    model = ScriptedModel([])
    strategy = parse_strategy("sc(tot(pal), n=10)")
    with pytest.raises(UsageError, match=r"up to 1,7\d0 completions and the budget is 100 calls"):
        answer(strategy, Problem("How many?"), Environment(model=model, budget=Budget(calls=100)))
    assert model.asked == []


def test_what_is_not_nested_or_fits_is_not_refused():
    refuse_unaffordable(parse_strategy("sc(cot, n=50)"), Budget(calls=5))
    refuse_unaffordable(parse_strategy("cascade(direct, sc(cot, n=50))"), Budget(calls=5))
    refuse_unaffordable(parse_strategy("sc(refine(cot), n=5)"), Budget(calls=25))
    refuse_unaffordable(parse_strategy("sc(refine(cot), n=5)"), Budget())


@dataclass(frozen=True)
class Careless:
    """A strategy of a user's own that knows nothing of budgets."""

    def __call__(self, problem: Problem) -> Steps[Answer]:
        drawn: tuple[Candidate, ...] = ()
        for _ in range(3):
            drawn += yield from COT.draw(problem, Sampling())
        return Answer(drawn[-1].answer, "answered", drawn[-1], drawn)


def test_a_strategy_that_does_not_catch_the_end_of_its_budget_has_no_answer(perform):
    run = perform(Careless(), replies=["The answer is 1."] * 3, calls=2)
    assert (run.answer.text, run.answer.status) == (None, "budget spent")
    assert run.answer.reason == "the budget of 2 calls is spent"
    assert perform(Careless(), replies=["The answer is 1."] * 3).answer.text == "1"


def test_a_fault_of_the_model_is_no_end_of_the_budget(perform):
    def broken(messages: tuple[Message, ...]) -> str:
        raise ModelUnavailable("gone")

    for strategy in (single(COT), self_consistency(COT, n=2), cross_examination(), refine(COT)):
        with pytest.raises(ModelUnavailable):
            perform(strategy, model=ScriptedModel(broken))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: refine(COT, rounds=0), "rounds must be a whole number, 1 or more, not 0"),
        (lambda: refine(COT, n=2), "n must be 1"),
        (lambda: cascade(single(COT)), "two strategies or more"),
        (lambda: cascade(single(COT), single(COT), target=1), "target must be between 0.5 and 1"),
        (lambda: cross_examination(COT), "two methods or more"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(make, says: str):
    with pytest.raises(UsageError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, BudgetSpent)
