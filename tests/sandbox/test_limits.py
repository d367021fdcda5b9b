"""Whatever a program does, it stops in time, and the sandbox goes on."""

# ruff: noqa: E501  # programs on one line

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandreckoner.core.errors import UsageError
from sandreckoner.tools.python import Limits, Sandbox, Walls

from .processes import Watch

WALL_S = 1.0
SLACK_S = 0.1
ENDLESS = {
    "a loop": "while True: pass",
    "a loop that catches everything": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "a loop in C": "10 ** 10 ** 10",
    "an endless sum": "import itertools\nsum(itertools.repeat(1))",
    "a regular expression": "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')",
    "a factorial": "import math\nmath.factorial(10 ** 8)",
    "a sort that never compares alike": (
        "class C:\n    def __lt__(self, other):\n        while True: pass\nsorted([C(), C()])"
    ),
    "a sleep": "import time\ntime.sleep(100)",
    "a generator": "def f():\n    while True: yield 1\nfor x in f(): pass",
    "a repr that never ends": "class C:\n    def __repr__(self):\n        while True: pass\nC()",
    "a hash that never ends": "class C:\n    def __hash__(self):\n        while True: pass\n{C(): 1}",
    "a finaliser that never ends": "class C:\n    def __del__(self):\n        while True: pass\nx = C()\ndel x",
    "an exception that never ends": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E()",
    "a number with many digits": "print(len(str(3 ** 10 ** 7)))\nwhile True: pass",
    "a sympy integral": "from sympy import *\nx = symbols('x')\nwhile True: integrate(x ** x, x)",
    "numpy": "import numpy\nwhile True: numpy.linalg.inv(numpy.random.rand(300, 300))",
}


@pytest.fixture(scope="module")
def hasty() -> Iterator[Sandbox]:
    with Sandbox(Limits(wall_s=WALL_S, memory_bytes=256 << 20), spares=4) as sandbox:
        sandbox.run("import sympy")
        sandbox.run("import numpy")
        yield sandbox


@pytest.mark.parametrize("name", ENDLESS)
def test_it_stops_within_its_time(hasty: Sandbox, name: str) -> None:
    started = time.monotonic()
    hasty.run("1")
    tiny_s = time.monotonic() - started  # two milliseconds on an idle machine; how busy is this one?
    started = time.monotonic()
    execution = hasty.run(ENDLESS[name])
    took = time.monotonic() - started
    assert execution.status in ("timeout", "error"), execution
    if execution.status == "error":  # refused by the interpreter itself, before its time
        assert took < WALL_S
    assert took < WALL_S + SLACK_S + 10 * tiny_s


def test_a_program_that_is_stopped_says_where_it_was_and_what_it_had_printed(hasty: Sandbox) -> None:
    execution = hasty.run("print('begun')\ndef f():\n    while True:\n        pass\nf()", timeout_s=0.3)
    assert execution.status == "timeout"
    assert execution.stdout == "begun\n"
    assert execution.error is not None
    assert execution.error.line in (3, 4)
    assert "in f" in execution.error.traceback


BOMBS = {
    "a string": "'a' * 10 ** 10",
    "a list": "[0] * 10 ** 10",
    "a growing list": "x = []\nwhile True: x.append('x' * 10 ** 6)",
    "a dictionary": "x = {}\ni = 0\nwhile True:\n    x[i] = 'x' * 10 ** 6 + str(i)\n    i += 1",
    "numpy": "import numpy\nnumpy.ones(10 ** 10)",
    "doubling": "x = 'x'\nwhile True: x += x",
    "bytes": "bytearray(10 ** 11)",
}


@pytest.mark.parametrize("name", BOMBS)
def test_memory_is_limited(sandbox: Sandbox, name: str) -> None:
    execution = sandbox.run(BOMBS[name])
    assert execution.status == "memory", execution
    assert execution.resources.memory_bytes < 1 << 30


def test_memory_that_is_given_back_is_no_error(sandbox: Sandbox) -> None:
    assert sandbox.run("try:\n    'a' * 10 ** 10\nexcept MemoryError:\n    pass\n7").value == 7


@pytest.mark.parametrize(
    "flood",
    ["while True: print('x' * 1000)", "print('x' * 10 ** 7)", "print('é' * 10 ** 6)", "while True: print()"],
)
def test_a_flood_of_output_ends_the_program_and_is_cut(sandbox: Sandbox, flood: str) -> None:
    execution = sandbox.run(flood)
    assert (execution.status, execution.truncated) == ("output", True)
    assert 99_990 <= len(execution.stdout.encode()) <= 100_000


def test_output_up_to_the_limit_is_whole(sandbox: Sandbox) -> None:
    execution = sandbox.run("print('x' * 99_999)")
    assert (execution.status, execution.truncated, len(execution.stdout)) == ("ok", False, 100_000)


def test_a_value_that_is_too_long_becomes_a_text(sandbox: Sandbox) -> None:
    value = sandbox.run("list(range(10 ** 6))").value
    assert value["type"] == "list"
    assert value["text"].startswith("[0, 1, 2")
    assert len(value["text"]) <= 20_000


def test_deep_recursion_is_an_error_of_the_program(sandbox: Sandbox) -> None:
    execution = sandbox.run("def f(n): return f(n + 1)\nf(0)")
    assert execution.error is not None
    assert execution.error.type == "RecursionError"
    assert len(execution.error.traceback.split("\n")) < 10


def test_a_crash_of_the_interpreter_is_a_value(sandbox: Sandbox) -> None:
    with Sandbox(without=Walls.LANGUAGE, spares=0) as open_language:
        execution = open_language.run("import ctypes\nctypes.string_at(0)")
        assert execution.status == "crashed"
        assert open_language.run("1 + 1").value == 2
    assert sandbox.run("1 + 1").value == 2


def test_signals_that_are_ignored_do_not_help() -> None:
    code = """
import signal
for number in range(1, 64):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.setitimer(signal.ITIMER_REAL, 0)
while True: pass
"""
    with Sandbox(Limits(wall_s=0.5), without=Walls.LANGUAGE, spares=0) as sandbox:
        started = time.monotonic()
        assert sandbox.run(code).status == "timeout"
    assert time.monotonic() - started < 3


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="needs Linux")
def test_the_kernel_ends_programs_first_when_memory_runs_out() -> None:
    children = Watch()
    scores = set()
    with Sandbox(spares=0) as sandbox:
        kept = sandbox.run("1", keep=True)
        for process in children():
            with contextlib.suppress(OSError):  # it has ended in between
                scores.add(Path(f"/proc/{process}/oom_score_adj").read_text())
    assert scores == {"1000\n"}
    del kept


@pytest.mark.parametrize(
    "match",
    ["re.match(r'(a+)+$', x)", "re.compile(r'(a|a)*$').fullmatch(x)", "re.sub(r'(x+x+)+y', '', 'x' * 40)"],
)
def test_a_regular_expression_that_backtracks_for_ever_is_stopped_in_its_line(match: str) -> None:
    """From within, while it matches; where the machine is too busy for that within 50 ms, from outside."""
    code = f"import re\nx = 'a' * 40 + 'b'\nprint('begun')\n{match}"
    with Sandbox(spares=0) as sandbox:
        for _ in range(10):
            execution = sandbox.run(code, timeout_s=0.4)
            assert execution.status == "timeout"
            if execution.error and execution.error.line == 4 and execution.stdout == "begun\n":
                return
    pytest.fail(f"never stopped from within: {execution}")


def test_cpu_seconds_are_limited_too() -> None:
    with Sandbox(Limits(cpu_s=1, wall_s=120), spares=0) as sandbox:  # a busy machine may give it little
        execution = sandbox.run("while True: pass")
        assert execution.status == "timeout"
        assert 0.9 < execution.resources.cpu_s < 1.1
        execution = sandbox.run("10 ** 10 ** 10")
        assert execution.error is not None
        assert "CPU seconds" in execution.error.message


def test_a_source_that_is_too_long_is_refused(sandbox: Sandbox) -> None:
    execution = sandbox.run("x = 1\n" * 100_000)
    assert execution.status == "refused"
    assert execution.error is not None
    assert "600000 bytes" in execution.error.message


@pytest.mark.parametrize(
    "nested", ["(" * 5000, "-" * 100_000 + "1", "[" * 300 + "]" * 300, "x" + ".a" * 50_000]
)
def test_a_source_that_nests_too_deeply_is_an_error(sandbox: Sandbox, nested: str) -> None:
    assert sandbox.run(nested).status in ("error", "memory", "crashed")
    assert sandbox.run("1").value == 1


def test_a_limit_must_be_more_than_nothing() -> None:
    with pytest.raises(UsageError, match="wall_s must be more than 0"):
        Limits(wall_s=0)
