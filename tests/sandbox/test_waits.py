"""Nothing in the host waits for ever: every wait, and the other side stopped, killed or closed in it.

The waits of the host, each with what ends it beside what it waits for:

| wait | where | ends with |
|---|---|---|
| for a place | `Slots.acquire` | `timeout_s`; `close()`; cancelling |
| for a zygote to be warm | `Zygote.wait_until_ready` | two minutes; the zygote's end; `close()` |
| for one's turn to speak to it | `Zygote._in_turn` | the program's deadline |
| until it takes a request | `codec.send_frame` | the program's deadline; the zygote's end; `close()` |
| for its answer | `Zygote._answer` | the deadline, or five seconds; the zygote's end; `close()` |
| for its end | `Zygote.close` | a third of a second, then it is killed |
| for its last words | `Zygote._last_words` | never waits: what is there is read |
| for the first words of a tree or a branch | `process.greeted` | the program's deadline; the parent's end |
| for one's turn to fork in a tree | `StateTree.fork` | the program's deadline |
| until a copy of a state has imported what a program names | `StateTree.fork_with` | half a minute; its end |
| until a state takes a request | `codec.send_frame` | the program's deadline; the state's end |
| until a state asks for its permit | `kernel.permit.Permits.grant` | the deadline; the state's end |
| until a process takes its program | `codec.send_frame` | the program's deadline; the process's end |
| for a report | `codec.receive` | the program's deadline; the process's end |
| for work, in the thread that makes spares | `pool.Nest._refill` | `close()`; a daemon thread |

Other locks are held for a few lines that wait for nobody. `subprocess` starts a zygote: until that has become
another program it shares our memory, and stopping it there is stopping us.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from sandreckoner.core.errors import SandboxError
from sandreckoner.core.execution import Execution
from sandreckoner.tools.python import Limits, Sandbox, Walls, states, zygote_client

from .interference import play

# A state that got past the language, and that dies when it is asked to fork.
DYING = """
import os
from sandreckoner.tools.python.worker import channel as c
def die(self):
    os.read(self.descriptor, 1)
    os._exit(0)
c.Channel.read_with_descriptor = die
"""
# One that never answers.
SILENT = """
import time
from sandreckoner.tools.python.worker import channel as c
c.Channel.read_with_descriptor = lambda self: time.sleep(1000)
"""
ABANDONED = """
import asyncio
from sandreckoner.tools.python import Limits, Sandbox
async def main():
    sandbox = Sandbox(Limits(wall_s=2), spares=0)
    state = (await sandbox.arun("x = 1", keep=True)).state
    async def loop():
        while True: await sandbox.arun("x", state)
    tasks = [asyncio.create_task(loop()) for _ in range(2)]
    await asyncio.sleep(0.3)
    for task in tasks: task.cancel()
    sandbox.close()
    await asyncio.gather(*tasks, return_exceptions=True)
asyncio.run(main())
"""


def seconds(step: Callable[[], object]) -> float:
    started = time.monotonic()
    step()
    return time.monotonic() - started


def all_at_once(count: int, step: Callable[[], object], *, within_s: float) -> None:
    threads = [threading.Thread(target=step, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + within_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads)


def test_the_other_side_may_end_stop_or_be_closed_at_any_line_of_the_host() -> None:
    found = play(40, threads=4, seed=16)
    assert (found.hangs, found.wrong) == ([], [])
    assert found.slowest_close_s < 1


@pytest.mark.parametrize("code", [DYING, SILENT])
def test_a_state_that_does_not_fork_holds_nobody_up(code: str) -> None:
    with Sandbox(Limits(wall_s=1), without=Walls.LANGUAGE, spares=0, parallel=4) as sandbox:
        state = sandbox.run(code, keep=True).state
        assert state is not None
        all_at_once(4, lambda: sandbox.run("1", state), within_s=4)
        assert sandbox.run("1 + 1").value == 2


@pytest.mark.parametrize(("how", "status"), [("time.sleep(1000)", "timeout"), ("os._exit(0)", "crashed")])
def test_a_state_that_does_not_import_holds_nobody_up(
    how: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "_LOAD_S", 1.0)
    code = f"""
import os, time
from sandreckoner.tools.python.worker.program import Interpreter
Interpreter.load = lambda self, libraries: {how}
"""
    with Sandbox(Limits(wall_s=1), without=Walls.LANGUAGE, spares=0, parallel=4) as sandbox:
        state = sandbox.run(code, keep=True).state
        assert state is not None
        found: list[str] = []
        all_at_once(4, lambda: found.append(sandbox.run("import sympy", state).status), within_s=4)
        assert found == [status] * 4
        assert sandbox.run("1", state).value == 1


def test_closing_ends_the_branches_of_other_threads() -> None:
    for pause_s in (0.1, 0.102, 0.104, 0.106):
        sandbox = Sandbox(Limits(wall_s=2), spares=0)
        state = sandbox.run("x = 1", keep=True).state
        raised: list[str] = []

        def branch(sandbox: Sandbox = sandbox, state: object = state, raised: list[str] = raised) -> None:
            try:
                while True:
                    assert sandbox.run("x", state).status == "ok"  # type: ignore[arg-type]  # a live state
            except SandboxError as fault:
                raised.append(str(fault))

        threads = [threading.Thread(target=branch, daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(pause_s)
        assert seconds(sandbox.close) < 1
        for thread in threads:
            thread.join(1)
        assert len(raised) == 2
        assert all("closed" in message for message in raised)


def test_a_state_of_a_closed_sandbox_cannot_be_run() -> None:
    sandbox = Sandbox(spares=0)
    state = sandbox.run("x = 5", keep=True).state
    sandbox.close()
    with pytest.raises(SandboxError, match="is closed"):
        sandbox.run("x", state)


def test_a_program_of_asyncio_ends_although_its_branches_were_abandoned() -> None:
    subprocess.run([sys.executable, "-c", ABANDONED], check=True, timeout=20)


async def test_a_program_that_waits_for_a_place_can_be_cancelled() -> None:
    async with Sandbox(Limits(wall_s=3), parallel=1, spares=0) as sandbox:
        await sandbox.arun("1")
        first = asyncio.create_task(sandbox.arun("import time\ntime.sleep(2)"))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(sandbox.arun("1"))
        await asyncio.sleep(0.1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert (await first).status == "ok"
        assert (await sandbox.arun("2")).value == 2


def test_closing_wakes_those_who_wait_for_a_place() -> None:
    sandbox = Sandbox(Limits(wall_s=30), parallel=1, spares=0)
    sandbox.run("1")

    def run() -> None:
        with pytest.raises(SandboxError, match="closed"):
            sandbox.run("while True: pass")

    threading.Timer(0.5, sandbox.close).start()
    all_at_once(3, run, within_s=3)


def test_a_zygote_that_stops_costs_a_program_no_more_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote_client, "_SPAWN_S", 1.0)
    with Sandbox(Limits(wall_s=0.4), spares=0) as sandbox:
        assert sandbox.run("1").value == 1
        stopped = sandbox._pool._nests["standard"].zygote._process.pid
        os.kill(stopped, signal.SIGSTOP)
        late = sandbox.run("1")
        assert (late.status, late.resources.wall_s < 1) == ("timeout", True)
        os.kill(stopped, signal.SIGCONT)
        assert sandbox.run("2").value == 2  # the answer that came late is not taken for this one's
        os.kill(stopped, signal.SIGSTOP)

        def until_it_is_given_up() -> Execution:
            for _ in range(20):
                execution = sandbox.run("1")
            return execution

        with pytest.raises(SandboxError, match="zygote"):
            until_it_is_given_up()
        assert sandbox.run("3").value == 3


@pytest.mark.parametrize("started", [True, False])
def test_closing_a_sandbox_whose_zygote_has_stopped_takes_less_than_a_second(started: bool) -> None:
    sandbox = Sandbox(spares=1)
    if started:
        sandbox.run("1")

    def run() -> None:
        with pytest.raises(SandboxError, match="closed"):
            sandbox.run("1")

    waiting = threading.Thread(target=run, daemon=True)
    if not started:
        waiting.start()
    while "standard" not in sandbox._pool._nests:
        time.sleep(0.001)
    os.kill(sandbox._pool._nests["standard"].zygote._process.pid, signal.SIGSTOP)
    assert seconds(sandbox.close) < 1
    if not started:
        waiting.join(1)
        assert not waiting.is_alive()


def test_closing_takes_less_than_a_second_while_a_forked_child_of_the_host_lives() -> None:
    sandbox = Sandbox(spares=1)
    sandbox.run("import sympy", keep=True)
    child = os.fork()
    if child == 0:
        time.sleep(30)
        os._exit(0)
    try:
        assert seconds(sandbox.close) < 1
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
