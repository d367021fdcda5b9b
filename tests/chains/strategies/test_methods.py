"""Methods that ask more than once, examples chosen for the question, and prompts that do not fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.chains.methods.cells import Cells
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.methods.chain_of_verification import ChainOfVerification
from sandreckoner.chains.methods.direct import Direct
from sandreckoner.chains.methods.generated_knowledge import GeneratedKnowledge
from sandreckoner.chains.methods.least_to_most import LeastToMost
from sandreckoner.chains.prompt import load_prompt
from sandreckoner.chains.spec import parse_strategy
from sandreckoner.chains.strategies.self_consistency import self_consistency
from sandreckoner.chains.strategies.single import single
from sandreckoner.core.effects import Note, Run
from sandreckoner.core.errors import ContextOverflow, UsageError
from sandreckoner.core.message import Message
from sandreckoner.llms import ScriptedModel
from sandreckoner.reading.listed_lines import read_lines


def asked(run) -> list[str]:
    return [effect.messages[-1].content for effect in run.model.asked]


def test_least_to_most_answers_each_part_with_the_earlier_ones(perform):
    replies = ["1. How many are sold?\n2. How many remain?", "23.", "Still 14.", "The answer is 14."]
    run = perform(single(LeastToMost()), replies=replies)
    assert run.answer.text == "14"
    assert asked(run)[1].endswith("Question: How many are sold?")
    assert "Question: How many are sold?\nAnswer: 23." in asked(run)[2]
    assert "Still 14." in asked(run)[3]
    assert run.answer.winner.reasoning.startswith("Question: How many are sold?")


def test_generated_knowledge_stands_below_the_question_and_is_no_passage(perform):
    run = perform(single(GeneratedKnowledge(Direct())), replies=["- A dozen is 12.\n\nFacts:", "14"])
    assert asked(run)[1].endswith("This is known:\n- A dozen is 12.")
    assert run.answer.winner.evidence == ()


def test_checks_of_a_draft_are_asked_without_the_draft(perform):
    replies = ["The answer is 15.", "What is 23 - 9?", "It is 14.", "So the answer is 14."]
    run = perform(single(ChainOfVerification()), replies=replies)
    assert run.answer.text == "14"
    assert asked(run)[2] == "What is 23 - 9?"
    assert "What is 23 - 9?\nIt is 14." in asked(run)[3]


@pytest.mark.parametrize("replies", [["The answer is 15.", ""], ["The answer is 15.", "Is it?", "Yes", ""]])
def test_a_draft_stands_where_it_cannot_be_revised(perform, replies: list[str]):
    assert perform(single(ChainOfVerification()), replies=replies).answer.text == "15"


def test_a_notebook_goes_on_after_a_cell_that_fails(perform):
    cells = ["```python\nx = 7\n```", "```python\ny = 1 / 0\n```", "```python\nanswer = 2 * x\n```"]
    run = perform(single(Cells()), replies=cells)
    assert run.answer.text == "14"
    assert "# ZeroDivisionError: division by zero" in asked(run)[2]
    assert [step.effect.code.count("x = 7") for step in run.steps if isinstance(step.effect, Run)] == [
        1,
        0,
        0,
    ]


def test_a_notebook_without_code_or_answer_says_why(perform):
    assert (
        perform(single(Cells(max_cells=2)), replies=["hm", "hm"]).answer.reason
        == "no cell of code in the reply"
    )
    run = perform(single(Cells(max_cells=1)), replies=["```python\nx = 1\n```"])
    assert run.answer.reason == "the cells ended without an answer"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: LeastToMost(max_parts=0), "max_parts must be"),
        (lambda: Cells(max_cells=0), "max_cells must be"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(make, says: str):
    with pytest.raises(UsageError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


class Narrow(ScriptedModel):
    """A model whose window holds so many messages."""

    def __init__(self, messages: int) -> None:
        super().__init__(self._reply)
        self._most = messages

    def _reply(self, messages: tuple[Message, ...]) -> str:
        if len(messages) > self._most:
            raise ContextOverflow("the prompt does not fit the window")
        return "The answer is 14."


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_prompt_that_does_not_fit_loses_examples_first_and_says_so(perform, how: str):
    method = ChainOfThought(load_prompt("chain_of_thought_few_shot"))
    run = perform(self_consistency(method, n=2), model=Narrow(4), how=how)
    assert run.answer.text == "14"
    notes = [step.effect.text for step in run.steps if hasattr(step.effect, "text")]
    assert notes[0].endswith("2 of its 4 examples are left out")
    assert notes[1].endswith("3 of its 4 examples are left out")
    assert len(run.model.asked[-1].messages) == 4


def test_examples_with_passages_go_too_where_the_window_is_narrow(perform):
    run = perform(parse_strategy("rag(pal)"), model=Narrow(2))
    shown = [step.effect.text for step in run.steps if isinstance(step.effect, Note)]
    assert shown and shown[-1].endswith("examples are left out")
    assert (run.answer.status, run.answer.reason) == ("no answer", "no program in the reply")


@pytest.mark.parametrize(
    ("spec", "sections"),
    [
        ("ltm(split={0}, solve={0})", "{{most}} {{worked_out}} {{part}}"),
        ("knowledge(direct, prompt={0})", "{{most}}"),
        ("verify(direct, questions={0})", "{{draft}} {{most}}"),
        ("refine(direct, critic={0})", "{{attempt}}"),
        ("tot(direct, propose={0})", "{{thoughts}} {{k}}"),
        ("tot(direct, judge={0})", "{{thoughts}}"),
        ("pal(repair={0})", "{{error}}"),
    ],
)
def test_every_prompt_of_a_strategy_may_come_from_a_file(spec: str, sections: str, tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text(f"=== instruction ===\nMy own words. {sections}\n")
    assert "My own words." in repr(parse_strategy(spec.format(f'"{path}"')))


def test_sampling_is_the_caller_s_on_every_call(perform):
    options = 'temperature=0.3, top_p=0.9, top_k=7, stop=("END", "##"), seed=5'
    for spec in ("sc(pal, n=2, {})", "asc(cot, n=2, {})", "tot(cells, k=2, {})", "refine(cot, {})"):
        for ask in perform(parse_strategy(spec.format(options))).model.asked:
            drawn = (ask.temperature, ask.top_p, ask.top_k, ask.stop)
            assert drawn == (0.3, 0.9, 7, ("END", "##")) and ask.seed >= 5


def test_a_prompt_that_does_not_fit_without_examples_either_is_an_error(perform):
    method = ChainOfThought(load_prompt("chain_of_thought_few_shot"))
    with pytest.raises(ContextOverflow):
        perform(single(method), model=Narrow(1))


@pytest.mark.parametrize(
    ("reply", "items"),
    [
        ("1. One\n2) Two\n(3) Three\n- Four\n* Five\n• Six", ("One", "Two", "Three", "Four", "Five", "Six")),
        ("Questions:\nQ1: What?\nStep 2. Why?", ("What?", "Why?")),
        ("```\na + b\n```", ("a + b",)),
        ("-1 + 6 = 5\n1.5 + 2\n2.\n", ("-1 + 6 = 5", "1.5 + 2", "2.")),
        ("same\nsame\nother", ("same", "other")),
        ("", ()),
    ],
)
def test_lists_are_read_without_their_dress(reply: str, items: tuple[str, ...]):
    assert read_lines(reply, 10) == items


@given(st.text(), st.integers(1, 5))
def test_a_list_has_at_most_what_was_asked_for(reply: str, most: int):
    items = read_lines(reply, most)
    assert len(items) <= most
    assert all(item.strip() == item and item for item in items)


@pytest.mark.parametrize(
    "spec",
    [
        "cells(max_cells=0)",
        "ltm(max_parts=0)",
        "knowledge(max_facts=0)",
        "verify(max_questions=0)",
        "rag(pal, k=0)",
        "once(pal, max_tokens=0)",
        "sampled(pal, max_tokens=0)",
        "cross(n=0)",
        "tot(k=0)",
        "code(max_steps=0)",
        "react(repeats=0)",
    ],
)
def test_a_count_of_nothing_is_refused_before_anything_is_asked(spec: str) -> None:
    with pytest.raises(UsageError, match=r"must be (a whole number, )?1 or more, not 0"):
        parse_strategy(spec, documents=True)
