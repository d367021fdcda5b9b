"""What a kept state may use: nothing while it waits, and only what the host gives it while it is branched."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from sandreckoner.core.errors import SandboxError
from sandreckoner.core.execution import Execution
from sandreckoner.tools.python import Limits, Sandbox, Walls
from sandreckoner.tools.python.kernel.others import cpu_seconds
from sandreckoner.tools.python.states import LiveState

from .processes import Watch, settles

# It says that it is done, and goes on.
FORGED = """
import json, os, signal, struct
signal.setitimer(signal.ITIMER_REAL, 0)
report = json.dumps({"status": "ok", "value": "forged", "error": None, "stdout": "", "truncated": False,
                     "cpu_s": 0, "memory_bytes": 0}).encode()
os.write(3, struct.pack(">I", len(report)) + report)
"""
BURN = "while True: pass"
# Goes on a while later, in a signal, when the host already takes it for a state that waits.
LATER = """
import signal
def burn(*ignored):
    while True: pass
signal.signal(signal.SIGALRM, burn)
stop, signal.setitimer = signal.setitimer, lambda *ignored: None
stop(signal.ITIMER_REAL, 0.3)
"""
# Forks once more than it is asked to, in every way it can: with the permit that it was given and without one.
GREEDY = """
import time
from sandreckoner.tools.python.worker import child
real = child.fork_by_permit
def greedy(permit):
    {}
child.fork_by_permit = greedy
"""
GREED = {
    "after it was asked": """
    forked = real(permit)
    for again in (permit, permit + 1, 0):
        try:
            if forked and not real(again):
                time.sleep(1000)
        except OSError: pass
    return forked""",
    "instead of what it was asked": """
    if real(permit) == 0:
        time.sleep(1000)
    return 0""",
    "and keeps the child to itself": """
    if real(permit) == 0:
        while True: pass
    return 1""",
    "in the branch": """
    forked = real(permit)
    if not forked:
        try:
            if not real(permit): time.sleep(1000)
        except OSError: pass
    return forked""",
}


def live(execution: Execution) -> LiveState:
    assert isinstance(execution.state, LiveState), execution
    return execution.state


def hostile(limits: Limits) -> Sandbox:
    sandbox = Sandbox(limits, without=Walls.LANGUAGE, spares=0)
    if Walls.SECCOMP not in sandbox.walls:
        sandbox.close()
        pytest.skip("seccomp is missing on this machine")
    return sandbox


def status(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_being_branched_costs_a_state_none_of_its_cpu_seconds() -> None:
    with Sandbox(Limits(cpu_s=0.5, wall_s=5), spares=0) as sandbox:
        state = live(sandbox.run("x = [i for i in range(300_000)]", keep=True))
        while cpu_seconds(state.process.number) < 2.2:
            assert sandbox.run("len(x)", state).value == 300_000


def test_cpu_seconds_are_those_that_were_used() -> None:
    """Not ticks of the scheduler, which are some percent off, and not whole seconds."""
    with Sandbox(Limits(cpu_s=0.6, wall_s=20), spares=0) as sandbox:
        state = live(sandbox.run("1", keep=True))
        for origin in (None, state):
            execution = sandbox.run("while True: pass", origin)
            assert (execution.status, execution.error and execution.error.line) == ("timeout", 1)
            assert 0.6 <= execution.resources.cpu_s < 0.7


def test_a_program_that_does_not_stop_itself_is_stopped_at_its_cpu_seconds() -> None:
    code = "import signal\nfor n in (14, 24, 27): signal.signal(n, signal.SIG_IGN)\nwhile True: pass"
    with hostile(Limits(cpu_s=0.5, wall_s=20)) as sandbox:
        state = live(sandbox.run("1", keep=True))
        for execution in (sandbox.run(code, state), sandbox.run(code, keep=True), sandbox.run(code)):
            assert execution.status == "timeout"
            assert execution.error is not None
            assert "CPU" in execution.error.message


def test_a_state_has_no_processor_while_it_waits() -> None:
    with hostile(Limits(wall_s=2)) as sandbox:
        state = live(sandbox.run(LATER, keep=True))
        assert settles(lambda: status(state.process.number) == "T")
        used_s = cpu_seconds(state.process.number)
        time.sleep(0.7)
        assert cpu_seconds(state.process.number) == used_s
        assert sandbox.run("1", state).status == "crashed"  # when it may go on, it burns: and is ended
        assert state.process.ended(1)


def test_a_program_that_goes_on_after_its_report_is_ended() -> None:
    children = Watch()
    with hostile(Limits(wall_s=5)) as sandbox:
        state = live(sandbox.run("1", keep=True))
        before = children()
        assert state.process.number in before
        execution = sandbox.run(FORGED + BURN, keep=True)
        assert (execution.status, execution.state) == ("crashed", None)
        assert settles(lambda: children() <= before)


@pytest.mark.parametrize("how", GREED)
def test_a_state_gets_no_process_that_the_host_did_not_ask_for(how: str) -> None:
    children = Watch()
    with hostile(Limits(wall_s=1)) as sandbox:
        innocent = live(sandbox.run("x = 1", keep=True))
        greedy = live(sandbox.run(GREEDY.format(GREED[how]), innocent, keep=True))
        before = children()
        assert {innocent.process.number, greedy.process.number} <= before
        for _ in range(3):
            sandbox.run("1", greedy)
        assert settles(lambda: not children() - before)
        assert sandbox.run("x", innocent).value == 1


def idle_spares(sandbox: Sandbox) -> list[int]:
    return [spare.number for spare in list(sandbox._pool._nests["standard"]._spares)]


def test_spares_that_are_killed_cost_nobody_anything() -> None:
    with Sandbox(spares=2) as sandbox:
        for _ in range(3):
            assert sandbox.run("1 + 1").value == 2
            assert settles(lambda: len(idle_spares(sandbox)) == 2)
            for process in idle_spares(sandbox):
                os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize("who", ["the state", "the first process of its tree"])
def test_a_state_that_is_killed_is_said_to_be_lost(who: str) -> None:
    with Sandbox(spares=0) as sandbox:
        state = live(sandbox.run("x = 1", keep=True))
        os.kill((state.process if who == "the state" else state.tree._root).number, signal.SIGKILL)
        assert settles(state.process.ended)  # until the signal arrives it may still answer
        error = sandbox.run("x", state).error
        assert error is not None
        assert error.type == "StateLost"
        assert "cannot be continued" in error.message
        assert sandbox.run("1 + 1").value == 2


@pytest.mark.parametrize("code", ["1", "import time\ntime.sleep(5)"])
def test_a_zygote_that_is_killed_is_the_sandboxs_fault(code: str) -> None:
    with Sandbox(spares=1) as sandbox:
        assert sandbox.run("1").value == 1
        assert settles(lambda: len(idle_spares(sandbox)) == 1)
        zygote = sandbox._pool._nests["standard"].zygote._process.pid
        timer = threading.Timer(0.0 if code == "1" else 0.5, os.kill, (zygote, signal.SIGKILL))
        timer.start()
        if code == "1":
            timer.join()
        if code != "1":
            with pytest.raises(SandboxError, match="zygote"):
                sandbox.run(code)
        for _ in range(2):  # a spare may still live for a moment, and run what it is given
            with contextlib.suppress(SandboxError):
                assert sandbox.run("1").value == 1
        assert sandbox.run("2").value == 2
