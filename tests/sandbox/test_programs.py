"""Programs as models write them do what they do in CPython."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandreckoner.tools.python import Sandbox


def cpython(code: str) -> str:
    """What the program prints in a plain interpreter, with the hash seed that the sandbox has."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "0", "PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.data
def test_all_of_the_written_programs_print_what_cpython_prints(sandbox: Sandbox, data: Path) -> None:
    programs = [json.loads(line) for line in (data / "programs.jsonl").read_text().splitlines()]
    with ThreadPoolExecutor(4) as threads:
        expected = list(threads.map(cpython, [program["code"] for program in programs]))
        found = list(threads.map(sandbox.run, [program["code"] for program in programs]))
    wrong = {
        program["id"]: (want, got.stdout, got.error)
        for program, want, got in zip(programs, expected, found, strict=True)
        if (got.status, got.stdout) != ("ok", want)
    }
    assert not wrong
    assert len(programs) == 68
