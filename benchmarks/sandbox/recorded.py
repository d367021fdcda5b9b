"""Every recorded program that runs in CPython, run again in the sandbox: does it print the same?

    python -m benchmarks.sandbox.recorded [--every N]

Needs the folder of recorded outputs; SANDRECKONER_DATA names it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.extraction import data_folder
from benchmarks.sandbox.plain import run_plain
from sandreckoner.tools.python import Limits, Sandbox

_SOLVE_IT = """
from sympy import Symbol, Eq, simplify
from sympy.solvers import solve
import math, statistics
import numpy as np
def solve_it(equation, variable):
    solution = solve(equation, variable, dict=True)
    if not solution:
        if isinstance(variable, list):
            solution = {v: None for v in variable}
        else:
            solution = {variable: None}
        return solution
    else:
        return solution[0]
"""
_EXPECTED_BY_FCOT = (
    "from sympy import Symbol, Eq, simplify\nfrom sympy.solvers import solve\nfrom math import *\n"
)
_DATES = """
from datetime import date, time, datetime
from dateutil.relativedelta import relativedelta
import calendar
"""
# file, what stands before a program, what stands after it
_KINDS = (
    ("pot_gsm8k_greedy_codex", _SOLVE_IT, "print(repr(ans))"),
    ("pot_svamp_greedy_codex", _SOLVE_IT, "print(repr(ans))"),
    ("pot_aqua_sc30_codex", _SOLVE_IT, "print(repr(ans))"),
    ("fcot_GSM8K_noNL_code002", _EXPECTED_BY_FCOT, "print(repr(answer))"),
    ("fcot_GSM8K_NLSL_code002", _EXPECTED_BY_FCOT, "print(repr(answer))"),
    ("fcot_date_noNL_code002", _DATES, ""),
    ("fcot_date_NLSL_code002", _DATES, "print(answer)"),
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A program that a model wrote, made ready to run."""

    name: str
    code: str


def recorded_programs(folder: Path) -> Iterator[Recorded]:
    """All of them, in a fixed order."""
    for file, before, after in _KINDS:
        with gzip.open(folder / "recorded" / f"{file}.jsonl.gz", "rt") as lines:
            for line in lines:
                record = json.loads(line)
                for number, sample in enumerate(record["samples"]):
                    program = sample.rstrip().rstrip("#") if file.startswith("fcot") else sample
                    yield Recorded(f"{file}/{record['id']}/{number}", f"{before}\n{program}\n{after}\n")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many ran in CPython, and which of those came out otherwise in the sandbox, and how."""

    programs: int
    ran: int
    different: dict[str, str]


def compare(programs: list[Recorded], sandbox: Sandbox, threads: int = 4) -> Outcome:
    """Run each in CPython, and those that run in the sandbox as well."""
    import dateutil.relativedelta
    import numpy
    import sympy.solvers  # imported once: each fork has them

    del dateutil, numpy, sympy
    wanted = [(program, run_plain(program.code)) for program in programs]
    runnable = [(program, text) for program, text in wanted if text is not None]
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(sandbox.run, [program.code for program, _ in runnable]))
    different = {
        program.name: f"{execution.status} {execution.error or execution.stdout!r}, not {text!r}"
        for (program, text), execution in zip(runnable, found, strict=True)
        if not execution.ok or execution.stdout != text
    }
    return Outcome(len(programs), len(runnable), different)


def main() -> int:
    """Compare, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take each Nth program only")
    every = parser.parse_args().every
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets must print in the same order on both sides
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})
    started = time.monotonic()
    with Sandbox(Limits(wall_s=10)) as sandbox:
        outcome = compare(list(recorded_programs(data_folder()))[::every], sandbox)
    for name, what in outcome.different.items():
        print(f"{name}: {what}")
    same = outcome.ran - len(outcome.different)
    print(
        f"{outcome.programs} programs; {outcome.ran} run in CPython; "
        f"{same} of those print the same in the sandbox ({time.monotonic() - started:.0f} s)"
    )
    return 1 if outcome.different else 0


if __name__ == "__main__":
    sys.exit(main())
