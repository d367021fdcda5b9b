"""Programs that models really wrote, through our reader, our sandbox and our reading of the result.

    python benchmarks/recorded_programs.py [DATA] [--compare]

DATA is the folder of recorded outputs (default: $SANDRECKONER_DATA, else ../shared/data). For each of four
recorded runs it prints our accuracy beside the authors' figure. With `--compare` every program is run in
plain CPython too (in a process of its own that is thrown away: use a machine that you can spare) and each
program whose result differs is listed.

Equality is the authors': Program of Thoughts rounds both sides to the smaller number of decimals written
(none counts as 5), and for SVAMP drops the sign; Faithful CoT compares absolute values cut to integers.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import io
import json
import math
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from sandreckoner.core.execution import Execution
from sandreckoner.reading.programs import read_program, read_result
from sandreckoner.reading.syntax import with_answer
from sandreckoner.tools.python import Sandbox

SOLVE_IT = """\
def solve_it(equation, variable):
    solution = solve(equation, variable, dict=True)
    if not solution:
        return {v: None for v in variable} if isinstance(variable, list) else {variable: None}
    return solution[0]
"""
POT_PRELUDE = f"""\
from sympy import Symbol, Eq, simplify
from sympy.solvers import solve
import math, statistics
import numpy as np
{SOLVE_IT}"""
FCOT_PRELUDE = f"""\
from math import *
import math
from sympy import Symbol, Eq, simplify, solve
{SOLVE_IT}"""


@dataclass(frozen=True)
class Recording:
    """One recorded run: its file, what its programs expect to find, and the authors' figure."""

    file: str
    prelude: str
    equal: Callable[[str, str], bool]
    authors: float


def pot_equal(mine: str, gold: str) -> bool:
    """Program of Thoughts' rule; see the module's docstring."""
    try:
        a, b = float(mine), float(gold)
        digits = min(_decimals(mine), _decimals(gold))
        return round(a, digits) == round(b, digits)
    except (ValueError, OverflowError):
        return mine == gold


def svamp_equal(mine: str, gold: str) -> bool:
    """The same for SVAMP, whose authors drop the sign: no count of things is negative."""
    return pot_equal(mine.removeprefix("-"), gold)


def _decimals(text: str) -> int:
    return len(text.split(".")[-1]) if "." in text else 5


def fcot_equal(mine: str, gold: str) -> bool:
    """Faithful CoT's rule for GSM8K: absolute values, cut to integers."""
    try:
        return math.trunc(abs(float(mine))) == math.trunc(abs(float(gold.replace(",", ""))))
    except (ValueError, OverflowError):
        return False


RECORDINGS = (
    Recording("pot_gsm8k_greedy_codex", POT_PRELUDE, pot_equal, 71.5),
    Recording("pot_svamp_greedy_codex", POT_PRELUDE, svamp_equal, 85.2),
    Recording("fcot_GSM8K_noNL_code002", FCOT_PRELUDE, fcot_equal, 72.8),
    Recording("fcot_GSM8K_NLSL_code002", FCOT_PRELUDE, fcot_equal, 72.3),
)


def records(data: Path, name: str) -> Iterator[dict[str, object]]:
    with gzip.open(data / "recorded" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def to_run(recording: Recording, reply: str) -> str | None:
    """The code that a reply is run as: its program below what the authors had there."""
    program = read_program(reply)
    return None if program is None else recording.prelude + with_answer(program.code)


def answer_of(execution: Execution) -> str | None:
    """The answer as the authors read it: of a list or a dict, the first value."""
    value = execution.value
    if execution.ok and isinstance(value, list) and value:
        value = value[0]
    if execution.ok and isinstance(value, dict) and "type" not in value and value:
        value = next(iter(value.values()))
    if isinstance(value, dict) and "number" in value:
        return str(value["number"])
    if isinstance(value, bool | int | float):
        return str(value)
    return read_result(execution)


def measure(recording: Recording, data: Path, *, compare: bool) -> None:
    rows = list(records(data, recording.file))
    codes = [to_run(recording, str(row["samples"][0])) for row in rows]  # type: ignore[index]
    with Sandbox() as sandbox, ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda code: None if code is None else sandbox.run(code), codes))
    answers = [None if run is None else answer_of(run) for run in runs]
    right = [
        answer is not None and recording.equal(answer, str(row["gold"]))
        for answer, row in zip(answers, rows, strict=True)
    ]
    ours = 100 * sum(right) / len(right)
    unread = sum(code is None for code in codes)
    failed = sum(run is not None and not run.ok for run in runs)
    print(
        f"{recording.file:28} n={len(rows)}  ours {ours:5.2f} %  authors {recording.authors:.1f} %  "
        f"difference {ours - recording.authors:+.2f}  unread {unread}  failed {failed}"
    )
    if compare:
        _compare(rows, codes, runs)


def _compare(rows: list[dict[str, object]], codes: list[str | None], runs: list[Execution | None]) -> None:
    """List each program that runs in plain CPython and gives something else here."""
    ran = differs = 0
    for row, code, run in zip(rows, codes, runs, strict=True):
        expected = None if code is None else _cpython(code)
        if expected is None or run is None:
            continue
        ran += 1
        value = run.value
        ours = str(value.get("text", value)) if isinstance(value, dict) else str(value)
        if run.ok and _same(ours, expected):
            continue
        differs += 1
        why = run.error.message if run.error else ""
        print(f"    {row['id']}: CPython {expected[:60]!r}, here {run.status} {ours[:60]!r} {why[:120]}")
    print(f"    {ran} run in plain CPython; {differs} differ here")


def _same(ours: str, theirs: str) -> bool:
    try:
        return math.isclose(float(ours), float(theirs), rel_tol=1e-12)
    except ValueError:
        return "".join(ours.split()) == "".join(theirs.split())


def _cpython(code: str) -> str | None:
    """What plain CPython makes of a program; None where it fails or takes more than ten seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sympy", "numpy", "statistics", "math"])
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_execute, args=(code, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        return ours.recv() if ours.poll(10) else None
    except EOFError:
        return None
    finally:
        child.kill()
        child.join()


def _execute(code: str, reply: Connection) -> None:
    sys.stdout = sys.stderr = io.StringIO()
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    space: dict[str, object] = {"__name__": "__main__"}
    exec(compile(tree, "program", "exec"), space)
    value = eval(compile(ast.Expression(last.value), "program", "eval"), space) if last else None
    reply.send(str(value))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default=os.environ.get("SANDRECKONER_DATA", "../shared/data"))
    parser.add_argument("--compare", action="store_true", help="run each in plain CPython too")
    arguments = parser.parse_args()
    for recording in RECORDINGS:
        measure(recording, Path(arguments.data), compare=arguments.compare)


if __name__ == "__main__":
    main()
