"""The corpus against the walls: all of them, the kernel's alone, and each switched off in turn."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandreckoner.core.execution import Execution, State
from sandreckoner.tools.python import Limits, Sandbox, Walls

from .arena import Attack, arena, corpus

ON_THE_LANGUAGE = ("introspection/", "science/", "second/", "third/", "fifth/")
LIMITS = Limits(wall_s=3, cpu_s=3, memory_bytes=256 << 20)


def said(execution: Execution) -> str:
    """What came back, but for the traceback: that quotes the attack itself."""
    message = execution.error.message if execution.error else ""
    return f"{execution.stdout}\n{execution.value}\n{message}"


def assault(
    sandbox: Sandbox, attacks: list[Attack], state: State | None = None
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Run all attacks, each from the state where there is one.

    Returns:
        The breaches of the host, and what those said that got past the language.
    """

    def one(attack: Attack) -> tuple[str, list[str], str]:
        output = said(sandbox.run(place.prepare(attack), state))
        return attack.name, place.breaches(attack, output), output

    os.environ["ARENA_SECRET"] = "x"
    with arena() as place:
        os.environ["ARENA_SECRET"] = place.token
        try:
            with ThreadPoolExecutor(4) as threads:
                results = list(threads.map(one, attacks))
        finally:
            del os.environ["ARENA_SECRET"]
    breached = {name: what for name, what, _ in results if what}
    escaped = {name: output for name, _, output in results if "ESCAPED" in output}
    return breached, escaped


KNOWN = {"third/a C function takes a pivot that lies outside"}
"""Gets past the language: scipy's C and Fortran trust the sizes and indices that they are given."""

NOBODY = 54_321  # whoever that is, nothing of ours runs under it


def python_for_everybody() -> str:
    """An interpreter that another user may start: ours may lie below a closed home."""
    for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([python, "-c", ""], user=NOBODY, check=True, capture_output=True, cwd="/")
            return python
    pytest.skip("no interpreter here that another user may start")


def bare(code: str, environment: dict[str, str]) -> str:
    """The program in a plain interpreter, held only so far that it cannot hurt the machine that tests it."""

    def hold() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
        resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))

    try:
        done = subprocess.run(
            [python_for_everybody(), "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=10,
            env={**environment, "OPENBLAS_NUM_THREADS": "1"},
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            start_new_session=True,
            preexec_fn=hold,
            cwd="/tmp",
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def control(attacks: list[Attack]) -> dict[str, list[str]]:
    """The breaches when nothing stands in the way."""
    with arena(NOBODY) as place:

        def one(attack: Attack) -> tuple[str, list[str]]:
            return attack.name, place.breaches(attack, bare(place.prepare(attack), place.environment))

        with ThreadPoolExecutor(4) as threads:
            return {name: what for name, what in threads.map(one, attacks) if what}


def test_nothing_gets_past_all_the_walls() -> None:
    with Sandbox(LIMITS) as sandbox:
        breached, escaped = assault(sandbox, corpus())
    assert not breached
    assert set(escaped) <= KNOWN


def test_nothing_gets_past_what_a_session_imported_late() -> None:
    with Sandbox(LIMITS, spares=0) as sandbox:
        first = sandbox.run("x = 1", keep=True)
        late = sandbox.run("import numpy, mpmath, sympy, scipy", first.state, keep=True)
        assert late.ok
        attacks = [attack for attack in corpus() if attack.name.startswith(ON_THE_LANGUAGE)]
        breached, escaped = assault(sandbox, attacks, late.state)
    assert not breached
    assert set(escaped) <= KNOWN


def test_the_kernel_alone_holds_every_attack() -> None:
    with Sandbox(LIMITS, without=Walls.LANGUAGE) as sandbox:
        if not sandbox.contained:
            pytest.skip("seccomp or Landlock is missing on this machine")
        breached, _ = assault(sandbox, corpus())
    assert not breached


@pytest.mark.parametrize("wall", Walls.ALL, ids=lambda wall: wall.names[0])
def test_where_any_one_wall_is_missing_the_others_hold(wall: Walls) -> None:
    """A sample; `benchmarks/sandbox/ablation.py` runs all. With the language off too, but for seccomp: behind
    it, nothing else refuses calls that touch no file and no network."""
    without = wall if wall is Walls.SECCOMP else wall | Walls.LANGUAGE
    needed = Walls.SECCOMP | Walls.MOUNTS if wall is Walls.LANDLOCK else Walls.KERNEL & ~wall
    with Sandbox(LIMITS, without=without, accept_uncontained=True) as sandbox:
        if needed not in sandbox.walls:
            pytest.skip(f"{', '.join((needed & ~sandbox.walls).names)} is missing on this machine")
        assert wall not in sandbox.walls
        breached, _ = assault(sandbox, corpus()[::15])
    assert not breached


def test_landlock_and_seccomp_alone_hold_every_attack() -> None:
    """As in a default container: no namespaces, no user id of one's own."""
    off = Walls.LANGUAGE | Walls.MOUNTS | Walls.NETWORK | Walls.PIDS | Walls.IDENTITY
    with Sandbox(LIMITS, without=off) as sandbox:
        if not sandbox.contained:
            pytest.skip("seccomp or Landlock is missing on this machine")
        attacks = [attack for attack in corpus() if not attack.name.startswith(ON_THE_LANGUAGE)]
        breached, _ = assault(sandbox, attacks)
    assert not breached


def test_without_the_language_wall_the_attacks_on_the_language_succeed() -> None:
    """The positive control of `ESCAPED`: the attacks on the language do work where it is not guarded."""
    attacks = [attack for attack in corpus() if attack.name.startswith(ON_THE_LANGUAGE)]
    with Sandbox(LIMITS, without=Walls.LANGUAGE) as sandbox:
        _, escaped = assault(sandbox, attacks)
    assert len(escaped) > len(attacks) / 2


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give the attacks a user of their own")
def test_a_bare_subprocess_is_breached() -> None:
    """The positive control of the arena: what is aimed at the system mostly hits where nothing stands."""
    attacks = [attack for attack in corpus() if attack.name.split("/")[0] in ("files", "network")][::3]
    breached = control(attacks)
    assert len(breached) > len(attacks) / 2
