"""What a program is given: the same there as here, and refused before anything runs where it cannot be."""

from __future__ import annotations

import datetime
import decimal
import enum
import math
from collections import namedtuple
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandreckoner.core.errors import UsageError
from sandreckoner.tools.python import Limits, Sandbox
from sandreckoner.tools.python.packed_inputs import PackedInputs, plain

numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
@settings(max_examples=200)
def test_plain_values_stay_as_they_are(value: Any) -> None:
    assert plain(value, "x") == value


class Loud(dict[str, int]):
    def items(self) -> Any:
        raise RuntimeError("called")


class Colour(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, (2,)), [1, [2]]),
        (namedtuple("Pair", "a b")(1, [2]), [1, [2]]),
        ({1: "a", None: {2.5: True}}, {"1": "a", "null": {"2.5": True}}),
        (Loud(a=1), {"a": 1}),
        (Colour.RED, 1),
        ([numpy.float64(0.5), numpy.int64(2)], [0.5, 2]),
        ([10**5000], [10**5000]),
    ],
)
def test_kin_of_json_become_json(value: Any, expected: Any) -> None:
    found = plain(value, "x")
    assert found == expected
    assert type(found) in (list, dict, int)


def _deep(levels: int) -> list[Any]:
    return [_deep(levels - 1)] if levels else []


def _in_itself() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (math.nan, "the input x is nan"),
        ([{"a": [1.5, -math.inf]}], r"the input x\[0\]\['a'\]\[1\] is -inf"),
        ({1, 2}, "of the type set"),
        ({(1, 2): 3}, "a key of the input x is of the type tuple"),
        ([decimal.Decimal(1)], r"the input x\[0\] is of the type Decimal"),
        (datetime.date(2024, 1, 1), "of the type date"),
        (print, "of the type builtin_function"),
        (_deep(300), "nested more than 200 deep"),
        (_in_itself(), "contains itself"),
        (b"x" * (2 << 20), "more than the 1 MB"),
        ([str(n) for n in range(300_000)], "more than the 1 MB"),
        (numpy.array([object()]), "an array of object"),
        (pandas.DataFrame({"a": [{1}]}), r"the input x\[0\]\[0\] is of the type set"),
        (pandas.DataFrame({("a", "b"): [1]}), "several levels"),
    ],
)
def test_what_cannot_be_given_is_refused_where_it_stands(value: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        PackedInputs({"x": value}, most_bytes=1 << 20)


def test_nothing_starts_for_wrong_inputs() -> None:
    sandbox = Sandbox(spares=0)
    with sandbox, pytest.raises(UsageError):
        sandbox.run("1", inputs={"x": math.nan})
    assert not sandbox._pool._nests


def test_long_inputs_of_all_kinds_arrive(sandbox: Sandbox) -> None:
    many = [f"{n} é" for n in range(100_000)]
    inputs = {"text": "é\ud800" * 600_000, "many": {"a": many}, "raw.bin": b"\0\1" * 600_000, "raw": b""}
    program = "[len(text), text[-1] == '\\ud800', many['a'][-1], len(open('raw.bin', 'rb').read()), len(raw)]"
    first = sandbox.run(program, inputs=inputs, keep=True)
    assert first.value == [1_200_000, True, many[-1], 1_200_000, 0], first
    assert sandbox.run(program, first.state).value == first.value


@pytest.mark.parametrize(
    "array",
    [
        numpy.arange(6).reshape(2, 3).T,
        numpy.zeros((0, 3)),
        numpy.array(5.5),
        numpy.array(["a", "bé"]),
        numpy.array(["2024-01-01"], "M8[D]"),
        numpy.arange(6, dtype=">i4")[::2],
    ],
)
def test_arrays_arrive(sandbox: Sandbox, array: Any) -> None:
    done = sandbox.run("[x.dtype.str, list(x.shape), str(x)]", inputs={"x": array})
    assert done.value == [array.dtype.str, list(array.shape), str(array)], done


def test_an_array_is_each_branch_s_own(sandbox: Sandbox) -> None:
    array = numpy.arange(3)
    start = sandbox.run("x[0] = 7", inputs={"x": array}, keep=True)
    assert sandbox.run("x[1] = 8\nx.tolist()", start.state).value == [7, 8, 2]
    assert sandbox.run("x.tolist()", start.state).value == [7, 1, 2]
    assert array.tolist() == [0, 1, 2]


@pytest.mark.slow
def test_a_table_arrives(sandbox: Sandbox) -> None:
    table = pandas.DataFrame(
        {"n": [1, 2], "s": ["a", None], "d": pandas.to_datetime(["2024-01-01"] * 2)}, ["p", "q"]
    )
    done = sandbox.run("[str(x), x.loc['q', 'n'], str(x.dtypes)]", inputs={"x": table})
    assert done.value == [str(table.fillna(numpy.nan)), 2, str(table.dtypes)], done


def test_a_state_without_pandas_takes_no_table(sandbox: Sandbox) -> None:
    start = sandbox.run("1", keep=True)
    with pytest.raises(UsageError, match="began without pandas"):
        sandbox.run("x", start.state, inputs={"x": pandas.DataFrame({"a": [1]})})


def test_inputs_without_room_are_the_program_s_lack_of_memory() -> None:
    with Sandbox(Limits(memory_bytes=64 << 20)) as small:
        done = small.run("len(x)", inputs={"x": "x" * (60 << 20)})
    assert (done.status, done.error and done.error.type) == ("memory", "MemoryError")
