"""Starting, sharing, cancelling and ending: no orphan on any way out."""

# ruff: noqa: E501  # programs on one line

from __future__ import annotations

import asyncio
import datetime
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandreckoner.core.effects import Run
from sandreckoner.core.errors import MissingWall, SandboxError
from sandreckoner.tools.python import Limits, NotContained, Sandbox, Walls, probe

from .processes import Watch, descendants, parents, settles

# A host that keeps a state, a spare and a running program, says so, and then does what it is told.
HOST = """
import os, signal, sys, threading, time
from sandreckoner.tools.python import Sandbox, Walls
sandbox = Sandbox(without=Walls(int(sys.argv[2])))
kept = sandbox.run("x = 1", keep=True)
branch = sandbox.run("x = 2", kept.state, keep=True)
threading.Thread(target=sandbox.run, args=("import time\\ntime.sleep(60)",), daemon=True).start()
time.sleep(0.5)
print("ready", flush=True)
sys.stdin.readline()
exec(sys.argv[1])
"""
WAYS_OUT = {
    "its end": "pass",
    "an error, without closing": "1 / 0",
    "os._exit": "os._exit(3)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)",
    "SIGINT": "os.kill(os.getpid(), signal.SIGINT); time.sleep(5)",
    "exec": "os.execv('/bin/true', ['true'])",
}
NAMESPACES = Walls.PIDS | Walls.MOUNTS | Walls.NETWORK


@pytest.mark.parametrize(
    ("way", "without"),
    [*((way, Walls.NONE) for way in WAYS_OUT), ("SIGKILL", NAMESPACES), ("os._exit", NAMESPACES)],
)
def test_nothing_is_left_behind(way: str, without: Walls) -> None:
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, WAYS_OUT[way], str(without.value)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert host.stdin is not None
    assert host.stdout is not None
    assert host.stdout.readline() == "ready\n"
    started = descendants(host.pid)
    assert len(started) >= 4
    host.communicate("go\n", timeout=30)
    assert settles(lambda: not started & set(parents()))


def test_closing_ends_every_process_and_descriptor() -> None:
    gc.collect()
    children, descriptors = Watch(), len(list(Path("/proc/self/fd").iterdir()))
    with Sandbox(spares=3) as sandbox:
        state = sandbox.run("import sympy", keep=True)
        sandbox.run("1")
        assert len(children()) > 3
    del state
    gc.collect()
    assert settles(lambda: not children())
    assert settles(lambda: len(list(Path("/proc/self/fd").iterdir())) <= descriptors)


def test_a_closed_sandbox_says_so() -> None:
    sandbox = Sandbox(spares=0)
    sandbox.close()
    sandbox.close()
    with pytest.raises(SandboxError, match="is closed"):
        sandbox.run("1")


def test_a_sandbox_is_freed_with_its_last_reference() -> None:
    children = Watch()
    sandbox = Sandbox()
    sandbox.run("1")
    del sandbox
    gc.collect()
    assert settles(lambda: not children())


def test_several_sandboxes_in_one_process() -> None:
    with Sandbox(spares=1) as one, Sandbox(spares=1, seed=1) as two, ThreadPoolExecutor(8) as threads:
        found = threads.map(lambda n: (one if n % 2 else two).run(f"{n} * 2").value, range(40))
        assert list(found) == [2 * n for n in range(40)]


def test_it_goes_on_after_a_fork_of_the_host(sandbox: Sandbox) -> None:
    assert sandbox.run("1").value == 1
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(theirs, str(sandbox.run("1 + 1").value).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    os.waitpid(child, 0)
    assert os.read(ours, 10) == b"2"
    os.close(ours)
    assert sandbox.run("2 + 2").value == 4


def _spawned(queue: multiprocessing.Queue[object]) -> None:
    with Sandbox(spares=0) as sandbox:
        queue.put(sandbox.run("1 + 1").value)


def test_it_works_under_spawn() -> None:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_spawned, args=(queue,))
    process.start()
    assert queue.get(timeout=60) == 2
    process.join()
    queue.close()
    queue.join_thread()


def test_it_recovers_when_its_zygote_is_killed() -> None:
    children = Watch()
    with Sandbox(spares=0) as sandbox:
        assert sandbox.run("1").value == 1
        for process in children():
            os.kill(process, signal.SIGKILL)
        time.sleep(0.1)
        with pytest.raises(SandboxError, match="has ended"):
            sandbox.run("1")
        assert sandbox.run("1").value == 1


async def test_async_gives_the_same() -> None:
    async with Sandbox(spares=1) as sandbox:
        found = await asyncio.gather(*(sandbox.arun(f"{n} * 2") for n in range(20)))
        assert [execution.value for execution in found] == [2 * n for n in range(20)]
        kept = await sandbox.aperform(Run("x = 1", keep=True))
        assert (await sandbox.arun("x", kept.state)).value == 1
        assert (await sandbox.arun("1 / 0")).error == sandbox.run("1 / 0").error


def test_one_program_starts_one_tier() -> None:
    with Sandbox(spares=1) as sandbox:
        sandbox.run("1")
        sandbox.run("1")
        assert sandbox._pool._behind is None


def test_the_science_tier_starts_once_several_programs_have_run() -> None:
    with Sandbox(spares=1) as sandbox:
        for _ in range(3):
            sandbox.run("1")
        pool = sandbox._pool
        assert settles(lambda: len(pool._nests) == 2)
        science = pool._nests["science"].zygote
        assert sandbox.run("import sympy\nsympy.Integer(2) + 2").value["number"] == 4
        assert pool._nests["science"].zygote is science


def test_a_tier_that_died_while_it_started_is_started_anew() -> None:
    with Sandbox(spares=1) as sandbox:
        for _ in range(3):
            sandbox.run("1")
        pool = sandbox._pool
        assert settles(lambda: len(pool._nests) == 2)
        dead = pool._nests["science"].zygote
        dead._process.kill()
        assert settles(lambda: not dead.alive)  # whoever fills its spares has noticed
        assert sandbox.run("import sympy\nint(sympy.Integer(2) + 2)").value == 4


async def test_cancelling_ends_the_program() -> None:
    children = Watch()
    async with Sandbox(spares=0) as sandbox:
        await sandbox.arun("1")
        assert settles(lambda: len(children()) == 1)  # the zygote; the first program's process is gone
        before = children()
        task = asyncio.create_task(sandbox.arun("while True: pass"))
        await asyncio.sleep(0.3)
        assert children() > before
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert settles(lambda: children() == before)


async def test_the_loop_stays_free_while_a_program_runs() -> None:
    async with Sandbox(spares=0) as sandbox:
        await sandbox.arun("1")
        task = asyncio.create_task(sandbox.arun("while True: pass", timeout_s=0.5))
        ticks = 0
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert ticks > 3  # one, where the program blocks it
        assert task.result().status == "timeout"


def test_a_seed_makes_chance_repeat() -> None:
    code = """
import random, numpy
random.random(), random.Random().random(), numpy.random.rand(), numpy.random.default_rng().random()
"""
    of_libraries = "import sympy\nstr([sympy.randprime(2, 10 ** 6), sympy.randMatrix(3)])"
    with Sandbox(seed=3) as one, Sandbox(seed=3) as same, Sandbox(seed=4) as other:
        assert one.run(code).value == one.run(code).value == same.run(code).value != other.run(code).value
        assert one.run(of_libraries).value == one.run(of_libraries).value is not None


def test_a_fixed_clock_stands() -> None:
    moment = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC)
    code = """
import time
from datetime import date, datetime, timedelta, timezone
from dateutil.relativedelta import relativedelta
from dateutil.parser import parse
today = date.today()
class Due(datetime): pass
assert repr(Due.now()) == "Due(2024, 2, 29, 12, 30)", repr(Due.now())
assert isinstance(today, date) and isinstance(datetime.now(), date) and isinstance(parse('2020-01-01'), datetime)
str(today), datetime.now(timezone.utc).isoformat(), time.time(), repr(today + timedelta(days=1)), str(
    today + relativedelta(months=1)), time.strftime('%Y-%m-%d', time.gmtime()), repr(datetime(2020, 1, 1)), round(time.perf_counter(), 4)
"""
    with Sandbox(clock=moment, spares=0) as sandbox:
        execution = sandbox.run(code)
    assert execution.value == [
        "2024-02-29",
        "2024-02-29T12:30:00+00:00",
        moment.timestamp(),
        "datetime.date(2024, 3, 1)",
        "2024-03-29",
        "2024-02-29",
        "datetime.datetime(2020, 1, 1, 0, 0)",
        moment.timestamp(),
    ]


def test_a_module_of_ones_own_shows_only_the_names_given() -> None:
    with Sandbox(modules={"colorsys": ("rgb_to_hsv",)}, spares=0) as sandbox:
        assert sandbox.run("import colorsys\ncolorsys.rgb_to_hsv(1, 0, 0)[1]").value == 1.0
        assert sandbox.run("from colorsys import hsv_to_rgb").status == "error"
        assert sandbox.run("import wave").status == "error"


def test_a_required_wall_that_is_missing_is_an_error() -> None:
    with pytest.raises(MissingWall, match="seccomp"):
        Sandbox(require=Walls.SECCOMP, without=Walls.SECCOMP)
    with Sandbox(require=Walls.LANGUAGE | Walls.RLIMITS) as sandbox:
        assert sandbox.run("1").value == 1


def test_the_probe_reports_every_wall() -> None:
    report = probe()
    assert [wall.wall for wall in report] == list(Walls.ALL)
    assert all(wall.meaning and bool(wall.advice) != wall.stands for wall in report)


def test_the_walls_that_stand_are_those_that_were_not_left_out() -> None:
    with Sandbox(spares=0) as all_of_them:
        standing = all_of_them.walls
    for wall in standing:
        with Sandbox(without=wall, spares=0) as sandbox:
            assert sandbox.walls == standing & ~wall
            assert sandbox.run("1").value == 1


def test_an_uncontained_machine_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning comes once, and not for those who accept it."""
    program = """
import warnings
from sandreckoner.tools.python import Sandbox, Walls, NotContained
from sandreckoner.tools.python.zygote_client import Zygote
real = Zygote.wait_until_ready
Zygote.wait_until_ready = lambda self: real(self) & ~Walls.LANDLOCK
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    with Sandbox(spares=0) as sandbox:
        sandbox.run("1"); sandbox.run("1"); assert not sandbox.contained
    with Sandbox(spares=0, accept_uncontained=True) as sandbox:
        sandbox.run("1")
print([w.category.__name__ for w in seen])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['NotContained']\n"
    assert issubclass(NotContained, UserWarning)


def test_it_waits_its_turn_when_all_places_are_taken() -> None:
    with Sandbox(Limits(wall_s=5), parallel=1, spares=0) as sandbox, ThreadPoolExecutor(2) as threads:
        sandbox.run("1")
        long = threads.submit(sandbox.run, "import time\ntime.sleep(1)\n1")
        time.sleep(0.2)
        assert sandbox.run("2", timeout_s=0.2).status == "timeout"
        assert sandbox.run("3").value == 3
        assert long.result().value == 1


async def test_programs_that_are_awaited_start_no_more_threads_than_can_run() -> None:
    threads = threading.active_count()
    async with Sandbox(parallel=2, spares=0) as sandbox:
        found = await asyncio.gather(*(sandbox.arun(f"{n} * 2") for n in range(20)))
        assert [execution.value for execution in found] == [2 * n for n in range(20)]
        assert threading.active_count() - threads <= 2 + 1  # and the one that warms the second tier


async def test_awaiting_a_turn_counts_and_can_be_cancelled() -> None:
    async with Sandbox(Limits(wall_s=5), parallel=1, spares=0) as sandbox:
        await sandbox.arun("1")
        long = asyncio.create_task(sandbox.arun("import time\ntime.sleep(1)\n1"))
        await asyncio.sleep(0.2)
        late = await sandbox.arun("2", timeout_s=0.2)
        assert (late.status, late.error.message) == (
            "timeout",
            "no place became free before its time was spent",
        )
        unwanted = [asyncio.create_task(sandbox.arun("while True: pass")) for _ in range(20)]
        await asyncio.sleep(0.1)
        for task in unwanted:
            task.cancel()
        assert (await sandbox.arun("3")).value == 3
        assert (await long).value == 1


async def test_its_turn_is_part_of_its_time() -> None:
    with Sandbox(Limits(wall_s=5), parallel=1, spares=0) as sandbox:
        sandbox.run("1")
        long = asyncio.create_task(sandbox.arun("import time\ntime.sleep(0.6)\n1"))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        assert (await sandbox.arun("while True: pass", timeout_s=1)).status == "timeout"
        assert time.monotonic() - begun < 1.4
        await long


async def test_its_threads_end_with_it() -> None:
    before = set(threading.enumerate())
    async with Sandbox(parallel=2, spares=0) as sandbox:
        running = [asyncio.create_task(sandbox.arun("while True: pass")) for _ in range(6)]
        await asyncio.sleep(0.3)
    found = await asyncio.gather(*running, return_exceptions=True)
    assert all(isinstance(one, SandboxError) for one in found), found
    assert settles(lambda: not {t for t in threading.enumerate() if t.name.startswith("sandbox")} - before)


def test_a_sandbox_closed_while_its_second_tier_starts_ends_without_a_word() -> None:
    """An error in the thread that warms it would fail this test: pytest reports those."""
    for _ in range(3):
        with Sandbox() as sandbox:
            assert sandbox.run("1").value == 1
