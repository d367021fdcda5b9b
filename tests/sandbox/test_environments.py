"""The sandbox starts wherever Python does, with the walls that there are, or says in one line why not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandreckoner.tools.python.kernel import seccomp

from .refuse import PROFILES

ROOT = Path(__file__).parents[2]
PROGRAM = """
import warnings
warnings.simplefilter("ignore")
from sandreckoner.tools.python import Sandbox
try:
    with Sandbox(spares=0) as sandbox:
        state = sandbox.run("x = 1", keep=True).state
        late = 'print("\\u65e5".encode("gb18030"), __import__("zoneinfo").ZoneInfo("Asia/Tokyo"))'
        print(sandbox.run("6 * 7").value, sandbox.run("x + 1", state).value, sandbox.run(late).stdout.strip())
        print(sandbox.run("while True: pass", state, timeout_s=0.5).status, *sandbox.walls.names)
except Exception as fault:
    print(type(fault).__name__, fault)
"""


def said(*before: str) -> list[str]:
    command = [*before, sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    return done.stdout.splitlines() or [done.stderr]


def works(lines: list[str]) -> set[str]:
    assert lines[0] == "42 2 b'\\xc8\\xd5' Asia/Tokyo", lines
    status, *walls = lines[1].split()
    assert status == "timeout"
    return set(walls)


@pytest.mark.skipif(not seccomp.supported(), reason="plays by seccomp on x86_64")
@pytest.mark.parametrize("profile", PROFILES)
def test_it_starts_where_the_kernel_refuses(profile: str) -> None:
    walls = works(said(sys.executable, "-m", "tests.sandbox.refuse", profile))
    assert "language" in walls
    assert ("seccomp" in walls) == ("seccomp" not in profile and profile != "gVisor")
    assert ("landlock" in walls) == ("landlock" not in profile and profile != "gVisor")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare")
@pytest.mark.parametrize("flags", ["-Ur", "-Urpf", "-m"])
def test_it_starts_in_a_namespace_of_somebody_else(flags: str) -> None:
    assert {"seccomp", "landlock", "mounts", "pids"} <= works(said("unshare", flags))


@pytest.mark.parametrize("limit", [8, 12])
def test_too_few_descriptors_are_one_line(limit: int) -> None:
    (line,) = said("bash", "-c", f'ulimit -n {limit}; exec "$@"', "-")
    assert line.startswith("SandboxError")
    assert "Too many open files" in line
