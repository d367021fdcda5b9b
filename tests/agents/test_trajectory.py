"""The reader of trajectories: what models write, however they write it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandreckoner.reading.tool_calls import first_call
from sandreckoner.reading.trajectory import Turn, read_action, read_trajectory, read_turn

NAMES = ("Search", "Lookup", "Python", "Finish")


@pytest.mark.parametrize(
    ("written", "action", "argument"),
    [
        ("Search[Paramore]", "Search", "Paramore"),
        ('Search["gross profit"]', "Search", "gross profit"),
        ("search('gross profit')", "search", "gross profit"),
        ("Finish: 42", "Finish", "42"),
        ("`Finish`[42]", "Finish", "42"),
        ("Lookup[The Dark Tower (2017 film)] on different website", "Lookup", "The Dark Tower (2017 film)"),
        ("Search[list [of] brackets]", "Search", "list [of] brackets"),
        ("Search[never closed", "Search", "never closed"),
        ('Python[print("]")]', "Python", 'print("]")'),
        ("Python[\n```python\nx = [1]\nprint(x)\n```\n]", "Python", "x = [1]\nprint(x)"),
        ("Python\n```python\n1 + 1\n```", "Python", "1 + 1"),
        ("Login", "Login", ""),
        ("[no name]", "", ""),
    ],
)
def test_actions_in_many_hands(written: str, action: str, argument: str) -> None:
    assert read_action(written) == (action, argument)


@pytest.mark.parametrize(
    "reply",
    [
        "Thought 1: I look.\nAction 1: Search[net sales]",
        "I look.\nAction: Search[net sales]",
        "**Thought 7:** I look.\n\n**Action 3:** Search[net sales]\n",
        "Thought: I look.\nAction: Search\nAction Input: net sales",
        'Thought: I look.\nAction: Search\nAction Input: {"query": "net sales"}',
        'I look.\n{"name": "search", "arguments": {"query": "net sales"}}',
        'I look.\n```json\n{"action": "Search", "action_input": "net sales"}\n```',
        'I look.\n<tool_call>\n{"name": "Search", "arguments": {"query": "net sales"}\n</tool_call>',
        'Thought: I look.\nAction: {"tool": "Search", "parameters": {"query": "net sales"}}',
        "I look.\nSearch[net sales]",
        "Thought 1: I look.\nAction 1: Search[net sales]\nObservation 1: 5\nThought: So.\nAction: Finish[5]",
    ],
)
def test_the_same_turn_in_many_hands(reply: str) -> None:
    turn = read_turn(reply, NAMES)
    assert (turn.thought, turn.action.lower(), turn.argument) == ("I look.", "search", "net sales")
    assert turn.observation == ""


def test_a_program_alone_is_an_action_and_prose_is_none() -> None:
    assert read_turn("So:\n```python\nvalues = [1]\nvalues[0]\n```", NAMES) == Turn(
        "So:", "Python", "values = [1]\nvalues[0]", "```python\nvalues = [1]\nvalues[0]\n```"
    )
    assert read_turn('{"name": "Bob", "arguments": {}}', NAMES).action == ""
    assert read_turn("I do not know.", NAMES) == Turn("I do not know.")
    assert read_turn("Final Answer: 12.5", NAMES).argument == "12.5"
    assert read_turn("", NAMES) == Turn()


def test_a_call_that_was_cut_off_is_completed() -> None:
    call = first_call('{"name": "search", "arguments": {"query": "net sales')
    assert call is not None and call.arguments == {"query": "net sales"}
    assert first_call('{"name": "search", "arguments": "{\\"query\\": \\"x\\"}"}').arguments == {"query": "x"}  # type: ignore[union-attr]
    assert first_call("{" * 100_000) is None
    assert first_call('{"name": 5} {"arguments": {}} [1]') is None


PIECES = st.sampled_from(
    [
        *["Thought 1:", "Action:", "Action Input:", "Observation 2:", "Final Answer:", "\n", "Search[", "]"],
        *["```", "{", '"name":', "}", "\\", "**", "python\n", "x", " ", "é", "\x00", "\ud800"],
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=300))
@example("Action: " * 5_000)
@example("```\n" * 30_000)
@example("[" * 100_000)
def test_nothing_that_a_model_writes_is_too_much(text: str) -> None:
    turn = read_turn(text, NAMES)
    assert all(isinstance(part, str) for part in (turn.thought, turn.action, turn.argument, turn.written))
    assert len(read_trajectory(text)) <= 500


WORDS = st.from_regex(r"[A-Za-z0-9 ,.()'-]{1,40}", fullmatch=True).map(str.strip).filter(bool)


@given(st.lists(st.tuples(WORDS, st.sampled_from(NAMES[:2]), WORDS, WORDS), min_size=1, max_size=8))
def test_what_is_written_in_the_papers_form_is_read_back(steps: list[tuple[str, str, str, str]]) -> None:
    steps = [step for step in steps if not any(":" in part for part in step)]
    text = "\n\n".join(
        f"Thought {n}: {thought}\nAction {n}: {action}[{argument}]\nObservation {n}: {seen}"
        for n, (thought, action, argument, seen) in enumerate(steps, 1)
    )
    assert [(turn.thought, turn.action, turn.observation) for turn in read_trajectory(text)] == [
        (thought, action, seen) for thought, action, _, seen in steps
    ]
