"""Values survive a round trip through a file; a file can name only types of this package."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.core.answer import Answer, Candidate, NumberSource
from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Ask, Run, Search
from sandreckoner.core.errors import JournalError
from sandreckoner.core.execution import Execution, ProgramError, RecordedState, Resources
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.serialization import dumps, from_json, to_json

text = st.text(max_size=20)
number = st.floats(allow_nan=False, allow_infinity=False)
passage = st.builds(Passage, text, text, st.integers(1), st.integers(0), st.integers(0), number, text)
usage = st.builds(Usage, st.integers(0), st.integers(0), st.integers(0), st.none() | number)
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | number | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
)
error = st.none() | st.builds(ProgramError, text, text, st.none() | st.integers(1), text)
execution = st.builds(
    Execution,
    st.sampled_from(["ok", "error", "timeout"]),
    json_value,
    text,
    st.booleans(),
    error,
    st.builds(Resources, number, number, st.integers(0)),
    st.none() | st.builds(RecordedState, text),
)
candidate = st.builds(
    Candidate,
    st.none() | text,
    text,
    text,
    st.none() | execution,
    st.none() | number,
    text,
    st.tuples(passage),
)
source = st.builds(
    NumberSource, text, st.integers(1), st.integers(0), st.just("passage"), text, text, st.tuples(passage)
)
answer = st.builds(
    Answer,
    st.none() | text,
    st.just("answered"),
    st.none() | candidate,
    st.tuples(candidate),
    st.none() | number,
    text,
    st.tuples(source),
    usage,
    number,
)
message = st.builds(Message, st.sampled_from(["user", "system"]), text)
completion = st.builds(Completion, text, text, st.none() | number, st.just("stop"), usage)
effect = st.one_of(
    st.builds(Ask, st.tuples(message), st.integers(1), number, seed=st.none() | st.integers()),
    st.builds(Run, text, st.none() | st.builds(RecordedState, text), st.dictionaries(text, json_value)),
    st.builds(Search, text, st.integers(1)),
)


@given(st.one_of(answer, completion, effect, st.builds(Problem, text, st.tuples(passage), st.tuples(text))))
def test_every_noun_comes_back_as_it_went(noun: object) -> None:
    assert from_json(json.loads(dumps(to_json(noun)))) == noun


def test_a_value_that_looks_like_one_of_ours_stays_data() -> None:
    wolf = Execution("ok", value={"is": "RecordedState", "name": "s0"})
    assert from_json(json.loads(dumps(to_json(wolf)))) == wolf


@pytest.mark.parametrize(
    "record",
    [
        {"is": "Popen", "args": "id"},
        {"is": "Usage", "surprise": 1},
        {"is": "Search"},
        {"no": "kind"},
        {"is": 7},
    ],
)
def test_a_file_can_name_nothing_that_is_not_ours(record: object) -> None:
    with pytest.raises(JournalError):
        from_json(record)


def test_a_live_state_has_no_form_in_a_file() -> None:
    class Live:
        def close(self) -> None: ...

    assert to_json(Execution("ok", state=Live())) == {"is": "Execution", "status": "ok"}
