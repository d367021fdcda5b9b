"""Trees of thoughts: the orders, the evaluators, live program states, and models that do not play along."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sandreckoner.chains.methods.cells import Cells
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.strategies.tree.evaluators import ValueEach
from sandreckoner.chains.strategies.tree.monte_carlo import MonteCarlo
from sandreckoner.chains.strategies.tree.prose import Prose
from sandreckoner.chains.strategies.tree.search_orders import Beam, BestFirst, DepthFirst, Order
from sandreckoner.chains.strategies.tree_of_thoughts import TreeOfThoughts, tree_of_thoughts
from sandreckoner.core.effects import Ask, Note, Run
from sandreckoner.core.execution import RecordedState
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Problem
from sandreckoner.llms import ScriptedModel

# A puzzle with one way out: the digits 2, 7, 1, in this order. A prefix of it is likely, all else impossible.
SECRET = "271"
DIGITS = Problem("Find the three digits.")


def guesser(messages: tuple[Message, ...]) -> str:
    """Proposes the digits 0 to 9, and knows a right beginning when it sees one."""
    asked = messages[-1].content
    thoughts = re.findall(r"^digit (\d)$", asked, re.MULTILINE)
    if messages[0].content.startswith("Judge"):
        return "sure" if SECRET.startswith("".join(thoughts)) else "impossible"
    if len(thoughts) == 3:
        return f"The answer is {''.join(thoughts)}."
    return "\n".join(f"digit {digit}" for digit in range(10))


ORDERS = [Beam(3, 2), DepthFirst(3, 20), BestFirst(3, 20), MonteCarlo(3, 10)]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_every_order_finds_the_only_way(order: Order, perform) -> None:
    tree = TreeOfThoughts(Prose(k=10), ValueEach(), order)
    run = perform(tree, problem=DIGITS, model=ScriptedModel(guesser))
    assert run.answer.text == SECRET
    assert run.calls <= tree.calls


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_the_trace_shows_the_tree_with_values_and_the_winner(order: Order, perform) -> None:
    run = perform(
        TreeOfThoughts(Prose(k=10), ValueEach(), order), problem=DIGITS, model=ScriptedModel(guesser)
    )
    notes = {
        step.effect.scope: step.effect
        for step in run.steps
        if isinstance(step.effect, Note) and step.effect.data
    }
    assert notes["tree", "3"].data == {"value": 60.0}
    (winner,) = [effect for effect in notes.values() if effect.text == "winner"]
    assert winner.scope == ("tree", "3", "3.8", "3.8.2")


def test_pruned_thoughts_stand_in_the_trace(perform) -> None:
    run = perform(TreeOfThoughts(Prose(k=10), order=Beam(1, 2)), problem=DIGITS, model=ScriptedModel(guesser))
    pruned = [step.effect.scope for step in run.steps if getattr(step.effect, "text", "") == "pruned"]
    # The best is kept, and of the equals the earliest.
    assert pruned == [("tree", str(place)) for place in (2, 4, 5, 6, 7, 8, 9, 10)]


def test_thoughts_that_look_the_same_are_valued_once(perform) -> None:
    evaluator = ValueEach(steps_shown=1)
    run = perform(
        TreeOfThoughts(Prose(k=3), evaluator, Beam(2, 3)), problem=DIGITS, model=ScriptedModel(guesser)
    )
    valued = [asked for asked in run.model.asked if asked.messages[0].content.startswith("Judge")]
    assert len(valued) == 3


def test_the_best_by_vote_is_kept(perform) -> None:
    def voter(messages: tuple[Message, ...]) -> str:
        if messages[0].content.startswith("You are given a problem and several"):
            return "The best choice is 2"
        return guesser(messages)

    tree = tree_of_thoughts(evaluator="vote", k=3, depth=3, breadth=1)
    assert perform(tree, problem=DIGITS, model=ScriptedModel(voter)).answer.text == "111"


# Game of 24, thoughts as cells: each cell takes two of the numbers that are left.
START = "```python\nleft = [4, 5, 6, 10]\n```"


def cell(one: float, sign: str, other: float) -> str:
    made = f"{one} {sign} {other}"
    return f"```python\nleft.remove({one}); left.remove({other}); left.append({made})\nleft\n```"


def player(messages: tuple[Message, ...]) -> str:
    """Three cells in turn for each state; the right line is 10 - 4 = 6, 5 * 6... and finally 24."""
    asked = messages[-1].content
    if messages[0].content.startswith("Judge"):
        left = [float(x) for x in re.findall(r"-?[\d.]+", asked.rstrip().splitlines()[-1])]
        good = ([4, 5, 6, 10], [5, 6, 6], [6, 30], [24])
        return "sure" if sorted(left) in [sorted(map(float, state)) for state in good] else "impossible"
    moves = {0: START, 1: cell(10, "-", 4), 2: cell(5, "*", 6), 3: cell(30, "-", 6)}
    wrong = {0: START, 1: cell(4, "+", 5), 2: cell(6, "+", 6), 3: cell(30, "+", 6)}
    cells = asked.count("left.append") + ("left = " in asked)
    if cells == 4:
        return "```python\nanswer = left[0]\n```"
    turns[asked] += 1
    return moves[cells] if turns[asked] % 2 else wrong[cells]


turns: Counter[str] = Counter()


@pytest.mark.parametrize("how", ["sync", "async"])
def test_cells_branch_from_live_states_and_no_cell_runs_twice(how: str, perform) -> None:
    turns.clear()
    tree = TreeOfThoughts(Cells(k=2), ValueEach(), Beam(5, 1))
    run = perform(tree, problem=Problem("Make 24 of 4 5 6 10."), model=ScriptedModel(player), how=how)
    assert run.answer.text == "24"
    runs = [step for step in run.steps if isinstance(step.effect, Run)]
    # Five levels of two cells; each run is one cell and continues from the state that its parent left.
    assert len(runs) == 10
    assert all(step.effect.code.count("left.append") <= 1 for step in runs)
    states = [step.effect.state for step in runs]
    assert states[:2] == [None, None]
    assert all(isinstance(state, RecordedState) for state in states[2:])
    for first, second in zip(states[::2], states[1::2], strict=True):
        assert first == second, "siblings start from the same state"
    assert len(set(states)) == 5
    assert run.answer.winner.program.count("left.append") == 3


def test_a_cell_that_fails_is_a_dead_end_with_its_reason(perform) -> None:
    model = ScriptedModel(lambda messages: "```python\n1 / 0\n```")
    run = perform(TreeOfThoughts(Cells(k=2)), model=model)
    assert run.answer.status == "no answer"
    assert run.answer.reason == "ZeroDivisionError: division by zero (2 times)"
    assert run.calls == 2


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_no_thoughts_at_all(order: Order, perform) -> None:
    run = perform(TreeOfThoughts(order=order), model=ScriptedModel(lambda messages: ""))
    assert run.answer.status == "no answer"
    assert run.answer.reason == "no thought was proposed"
    assert run.calls == 1


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_ten_thousand_thoughts_are_cut(order: Order, perform) -> None:
    def eager(messages: tuple[Message, ...]) -> str:
        if messages[0].content.startswith("Judge"):
            return "likely"
        return "\n".join(f"try {number}" for number in range(10_000))

    tree = TreeOfThoughts(Prose(k=4), order=order)
    assert perform(tree, model=ScriptedModel(eager)).calls <= tree.calls


@pytest.mark.parametrize("said", ["", "I would say it is rather nice", "42", "sûr", "unsure, unlikely"])
def test_an_evaluator_that_says_none_of_the_words_is_noted_and_worth_nothing(said: str, perform) -> None:
    def judge(messages: tuple[Message, ...]) -> str:
        return said if messages[0].content.startswith("Judge") else guesser(messages)

    run = perform(TreeOfThoughts(order=Beam(3, 2)), problem=DIGITS, model=ScriptedModel(judge))
    # All tie at nothing, so the earliest stay.
    assert run.answer.text == "000"
    assert any("verdicts say none of" in getattr(step.effect, "text", "") for step in run.steps)


def test_the_same_thought_again_is_worth_nothing(perform) -> None:
    def parrot(messages: tuple[Message, ...]) -> str:
        return "likely" if messages[0].content.startswith("Judge") else "once more\nonce more\nonce more"

    run = perform(TreeOfThoughts(order=Beam(1, 5)), model=ScriptedModel(parrot))
    judged = [asked for asked in run.model.asked if asked.messages[0].content.startswith("Judge")]
    assert len(judged) == 1
    values = [
        step.effect.data["value"] for step in run.steps if getattr(step.effect, "text", "") == "once more"
    ]
    assert values == [3.0, 0.0, 0.0]


def test_a_budget_that_ends_in_the_tree_leaves_the_best_line(perform) -> None:
    tree = TreeOfThoughts(Prose(ChainOfThought(), k=10), ValueEach(), Beam(3, 1))
    run = perform(tree, problem=DIGITS, model=ScriptedModel(guesser), calls=1 + 30 + 1 + 30 + 1)
    assert run.answer.status == "budget spent"
    assert run.answer.winner is not None
    assert run.answer.winner.reasoning.startswith("digit 2\ndigit 7\n")
    assert all(asked.n > 0 for asked in run.model.asked if isinstance(asked, Ask))
