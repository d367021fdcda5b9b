"""Program states are values: running from one never changes it."""

from __future__ import annotations

import gc
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import Execution, RecordedState
from sandreckoner.tools.python import Limits, Sandbox, Walls

from .conftest import MISSING
from .processes import Watch, settles


def kept(execution: Execution) -> Execution:
    assert execution.state is not None, execution
    return execution


def test_a_program_continues_from_a_state_and_does_not_change_it(sandbox: Sandbox) -> None:
    first = kept(sandbox.run("x = [1]", keep=True))
    second = kept(sandbox.run("x.append(2)\nx", first.state, keep=True))
    third = kept(sandbox.run("x.append(3)\nx", first.state, keep=True))
    assert (second.value, third.value) == ([1, 2], [1, 3])
    assert sandbox.run("x", first.state).value == [1]
    assert sandbox.run("x", second.state).value == [1, 2]


def test_everything_survives_a_branch(sandbox: Sandbox) -> None:
    code = """
import itertools, random, numpy
def counter():
    n = 0
    def step():
        nonlocal n
        n += 1
        return n
    return step
def squares():
    i = 0
    while True:
        yield i * i
        i += 1
step, squares_, cycle, lines = counter(), squares(), itertools.cycle('abc'), iter([1, 2, 3, 4])
step(); next(squares_); next(squares_); next(cycle); next(lines)
random.seed(7); random.random(); numpy.random.seed(7); generator = numpy.random.default_rng(7)
class Account:
    total = 5
account = Account()
"""
    probe = (
        "step(), next(squares_), next(cycle), next(lines), random.random(), numpy.random.rand(), "
        "generator.random(), account.total"
    )
    start = kept(sandbox.run(code, keep=True))
    alone = sandbox.run(f"{code}\n{probe}")
    branches = [sandbox.run(probe, start.state) for _ in range(3)]
    assert alone.value[:4] == [2, 4, "b", 2]
    assert [branch.value for branch in branches] == [alone.value] * 3


def test_two_fresh_programs_do_not_share_their_chance(sandbox: Sandbox) -> None:
    code = "import random, numpy\nrandom.random(), numpy.random.rand(), numpy.random.default_rng().random()"
    assert len({str(sandbox.run(code).value) for _ in range(5)}) == 5


def test_a_failed_program_leaves_a_state_too(sandbox: Sandbox) -> None:
    failed = sandbox.run("x = 5\n1 / 0", keep=True)
    assert failed.status == "error"
    assert sandbox.run("x", failed.state).value == 5


def test_a_refused_program_leaves_none(sandbox: Sandbox) -> None:
    assert sandbox.run("x.__globals__", keep=True).state is None


def test_a_branch_that_is_stopped_leaves_its_origin_alone(sandbox: Sandbox) -> None:
    origin = kept(sandbox.run("x = 1", keep=True))
    assert sandbox.run("while True: pass", origin.state, timeout_s=0.3).status == "timeout"
    assert sandbox.run("10 ** 10 ** 10", origin.state, timeout_s=0.3, keep=True).state is None
    assert sandbox.run("'a' * 10 ** 11", origin.state).status == "memory"
    assert sandbox.run("x", origin.state).value == 1


def test_lines_are_those_of_the_program_that_failed(sandbox: Sandbox) -> None:
    origin = kept(sandbox.run("\n\n\ndef f(): return 1 / 0", keep=True))
    error = sandbox.run("y = 1\nf()", origin.state).error
    assert error is not None
    assert error.line == 2


def test_inputs_go_into_a_branch(sandbox: Sandbox) -> None:
    origin = kept(sandbox.run("x = 1", keep=True))
    assert sandbox.run("x + y", origin.state, {"y": 2}).value == 3


def test_scipy_stays_imported(sandbox: Sandbox) -> None:
    origin = kept(sandbox.run("from scipy.optimize import brentq", keep=True))
    assert sandbox.run("brentq(lambda x: x - 1, 0, 3)", origin.state).value == pytest.approx(1)


def test_any_program_of_a_session_can_import_sympy_and_scipy_on_nobodys_time() -> None:
    """Which takes a second or two: the session began without them, and its programs have half of one."""
    with Sandbox(Limits(cpu_s=0.5), spares=0, without=MISSING, accept_uncontained=True) as sandbox:
        first = kept(sandbox.run("x = [2]", keep=True))
        later = kept(sandbox.run("import scipy\nx.append(scipy.special.gamma(5))", first.state, keep=True))
        last = kept(sandbox.run("import sympy\nx.append(int(sympy.sqrt(16)))\nx", later.state, keep=True))
        assert last.value == [2, 24.0, 4]
        assert sandbox.run("scipy.stats.norm.cdf(0) + sympy.Integer(1)", last.state).value["number"] == 1.5
        assert sandbox.run("x", first.state).value == [2]
        assert {nest.zygote.tier for nest in sandbox._pool._nests.values()} == {"wide"}


def test_branches_run_side_by_side(sandbox: Sandbox) -> None:
    origin = kept(sandbox.run("x = 10", keep=True))
    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(lambda n: sandbox.run(f"x + {n}", origin.state, keep=n % 2 == 0).value, range(40))
        )
    assert found == [10 + n for n in range(40)]


def test_a_long_line_of_states(sandbox: Sandbox) -> None:
    last = kept(sandbox.run("n = 0", keep=True))
    for _ in range(30):  # each parent is let go of as soon as it has a child
        last = kept(sandbox.run("n += 1", last.state, keep=True))
    assert sandbox.run("n", last.state).value == 30


def test_a_state_is_freed_with_its_last_reference() -> None:
    children = Watch()
    with Sandbox(spares=0) as sandbox:
        origin = kept(sandbox.run("x = 1", keep=True))
        before = children()
        branch = kept(sandbox.run("x = 2", origin.state, keep=True))
        assert len(children()) == len(before) + 1
        del branch
        gc.collect()
        assert settles(lambda: children() == before)
        del origin
        gc.collect()
        assert settles(
            lambda: len(children()) == len(before) - 2
        )  # the state and the first process of its tree


def test_a_state_can_outlive_those_it_came_from() -> None:
    with Sandbox(spares=0) as sandbox:
        origin = kept(sandbox.run("x = 1", keep=True))
        branch = kept(sandbox.run("x += 1", origin.state, keep=True))
        del origin
        gc.collect()
        assert sandbox.run("x", branch.state).value == 2


def test_the_number_of_live_states_is_limited() -> None:
    with Sandbox(Limits(states=2), spares=0) as sandbox:
        first = kept(sandbox.run("x = 1", keep=True))
        second = kept(sandbox.run("x = 2", first.state, keep=True))
        with pytest.raises(UsageError, match="2 program states are alive"):
            sandbox.run("x = 3", first.state, keep=True)
        assert sandbox.run("x", first.state).value == 1
        assert second.state is not None
        second.state.close()
        second.state.close()
        assert kept(sandbox.run("x = 3\nx", first.state, keep=True)).value == 3


def test_a_closed_state_cannot_be_used(sandbox: Sandbox) -> None:
    state = kept(sandbox.run("x = 1", keep=True)).state
    assert state is not None
    state.close()
    with pytest.raises(UsageError, match="was closed"):
        sandbox.run("x", state)


def test_a_recorded_state_cannot_be_run(sandbox: Sandbox) -> None:
    with pytest.raises(UsageError, match="not a live program state"):
        sandbox.run("x", RecordedState("s1"))


def test_branches_share_their_memory() -> None:
    """Ten branches of a state of 100 MB cost far less than a second hundred."""

    def available() -> int:
        line = next(
            line for line in Path("/proc/meminfo").read_text().split("\n") if line.startswith("MemAvailable")
        )
        return int(line.split()[1]) * 1024

    with Sandbox(Limits(memory_bytes=1 << 30), spares=0) as sandbox:
        origin = kept(sandbox.run("import numpy\nx = numpy.ones(100 * 2 ** 17)", keep=True))
        before = available()
        branches = [kept(sandbox.run("float(x[5])", origin.state, keep=True)) for _ in range(10)]
        assert before - available() < 500 << 20
        del branches


def test_a_program_that_got_past_the_language_cannot_fork_by_itself() -> None:
    """Its forks wait for a permit that nobody grants; a fork that the host wants goes through once."""
    children = Watch()
    with Sandbox(Limits(wall_s=1), without=Walls.LANGUAGE, spares=0) as sandbox:
        if Walls.SECCOMP not in sandbox.walls:
            pytest.skip("seccomp is missing on this machine")
        sandbox.run("numpy = 1", keep=True)  # states that are kept are forked from a process of their own
        before = children()
        execution = sandbox.run("import os\nos.fork()\nprint('forked')", keep=True)
        assert "forked" not in execution.stdout
        assert settles(lambda: children() <= before)
        origin = kept(sandbox.run("import os", keep=True))
        one = sandbox.run("[os.fork() for i in range(9)]", origin.state)
        assert one.status != "ok"
        assert sandbox.run("1", origin.state).value == 1


# A state that got past the language, and that goes on by itself while the host believes that it waits.
RESTLESS = """
import os, signal
def later(*ignored):
    global got
    try:
        got = os.fork()
    except OSError as fault:
        got = str(fault)
signal.signal(signal.SIGALRM, later)
stop, signal.setitimer = signal.setitimer, lambda *ignored: None
stop(signal.ITIMER_REAL, 0.2)
"""


def test_a_state_cannot_take_the_permit_of_another() -> None:
    with Sandbox(without=Walls.LANGUAGE, spares=0) as sandbox:
        if Walls.SECCOMP not in sandbox.walls:
            pytest.skip("seccomp is missing on this machine")
        origin = kept(sandbox.run("got = None", keep=True))
        restless = kept(sandbox.run(RESTLESS, origin.state, keep=True))
        time.sleep(0.5)  # it has asked by now, and waits
        assert [sandbox.run("got", origin.state).status for _ in range(3)] == ["ok"] * 3
        assert "not permitted" in sandbox.run("got", restless.state).value


def test_a_state_and_its_branches_cannot_share_memory() -> None:
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_ssize_t
[libc.mmap(None, 4096, 3, 0x20 | how, -1, 0) != -1 for how in (1, 2, 3)]
"""
    with Sandbox(without=Walls.LANGUAGE, spares=0) as sandbox:
        if Walls.SECCOMP not in sandbox.walls:
            pytest.skip("seccomp is missing on this machine")
        assert sandbox.run(code, keep=True).value == [False, True, False]


def test_without_namespaces_a_tree_ends_all_the_same() -> None:
    off = Walls.PIDS | Walls.MOUNTS | Walls.NETWORK
    children = Watch()
    sandbox = Sandbox(without=off, spares=0)
    origin = kept(sandbox.run("x = 1", keep=True))
    branch = kept(sandbox.run("x = 2", origin.state, keep=True))
    processes = children()
    assert sandbox.run("x", branch.state).value == 2
    del origin, branch
    sandbox.close()
    assert len(processes) > 3
    assert settles(lambda: not any(Path(f"/proc/{process}").exists() for process in processes))
