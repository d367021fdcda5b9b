"""Programs as models write them do what they do in CPython."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.sandbox.everyday import compare, programs, same
from sandreckoner.tools.python import Sandbox

ROOT = Path(__file__).parents[2]
# One plain interpreter forks for each program; its sets print in the order that the sandbox has.
PLAIN = (
    "import json, sys, numpy, sympy, dateutil.relativedelta; from benchmarks.sandbox.plain import run_plain; "
    "print(json.dumps([run_plain(code) for code in json.load(sys.stdin)]))"
)


def cpython(*arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout


@pytest.mark.data
def test_all_of_the_written_programs_print_what_cpython_prints(sandbox: Sandbox, data: Path) -> None:
    programs = [json.loads(line) for line in (data / "programs.jsonl").read_text().splitlines()]
    codes = [program["code"] for program in programs]
    expected = json.loads(cpython("-c", PLAIN, stdin=json.dumps(codes)))
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(sandbox.run, codes))
    wrong = {
        program["id"]: (want, got.stdout, got.error)
        for program, want, got in zip(programs, expected, found, strict=True)
        if (got.status, got.stdout) != ("ok", want)
    }
    assert not wrong
    assert len(programs) == 68


@pytest.mark.data
def test_recorded_programs_print_what_they_print_in_cpython(data: Path) -> None:
    """One in a hundred of them; all 13 thousand take minutes: `python -m benchmarks.sandbox.recorded`."""
    said = cpython("-m", "benchmarks.sandbox.recorded", "--every", "100").split("\n")[-2]
    counts = [int(number) for number in re.findall(r"\d+", said)]
    assert counts[1] == counts[2] > 100, said


def test_everyday_programs_print_what_they_print_in_cpython(sandbox: Sandbox) -> None:
    """One in seven of them; all: `python -m benchmarks.sandbox.everyday`."""
    outcomes = compare(sandbox, programs()[::7])
    wrong = {p.name: (want, got.stdout, got.error) for p, want, got in outcomes if not same(want, got)}
    assert not wrong
    assert len(outcomes) > 40
