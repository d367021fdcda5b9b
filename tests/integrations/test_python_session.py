"""The session that every adapter stands on: calls are bounded, and nothing ends in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandreckoner import Sandbox
from sandreckoner.integrations.python_session import PythonSession


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


@pytest.fixture
def session(sandbox: Sandbox) -> PythonSession:
    session = PythonSession(sandbox, final="final_answer")
    session.functions = {"double": lambda x: 2 * x, "broken": lambda: 1 / 0, "odd": lambda: {1, 2}}
    return session


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("sum(double(n) for n in range(100))", 9900),
        (
            "try:\n    broken()\nexcept RuntimeError as fault:\n    said = str(fault)\nsaid",
            "ZeroDivisionError",
        ),
        ("str(odd())", "{1, 2}"),
    ],
)
def test_a_program_calls_the_host(session: PythonSession, code: str, value: Any) -> None:
    done = session.run(code)
    assert done.final is None and (done.execution.value == value or value in str(done.execution.value))


@pytest.mark.parametrize(
    "code",
    [
        "for n in range(101):\n    double(n)",
        "for n in range(5_000):\n    try:\n        double(n)\n    except Exception:\n        pass\nn",
        "while True:\n    try:\n        double(1)\n    except Exception:\n        pass",
    ],
)
def test_one_that_goes_on_calling_is_an_error(session: PythonSession, code: str) -> None:
    session.run("kept = 1")
    done = session.run(code)
    assert done.execution.error is not None and "100 functions, no more" in done.execution.error.message
    assert session.run("kept").execution.value == 1


@pytest.mark.parametrize(
    ("code", "final"),
    [
        ("final_answer(42)", [42]),
        ("final_answer(a=1, b=2)", {"a": 1, "b": 2}),
        ("double(1)\nfinal_answer()\ndouble(2)", []),
    ],
)
def test_the_final_call_ends_it(session: PythonSession, code: str, final: Any) -> None:
    assert session.run(code).final == final
