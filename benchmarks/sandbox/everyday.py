"""Everyday programs in CPython and in the sandbox, side by side.

    python -m benchmarks.sandbox.everyday [FILE] [--kind KIND] [--show]

A program runs as in CPython where it prints the same and ends the same. Prints how many do, by kind, and with
`--show` what the others printed. Programs that CPython itself does not run to their end are left out.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandreckoner.core.execution import Execution
from sandreckoner.tools.python import Limits, Sandbox

PROGRAMS = Path(__file__).with_suffix(".txt")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "PYTHONHASHSEED": "0",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": tempfile.gettempdir(),
}


@dataclass(frozen=True, slots=True)
class Program:
    """One program, by its kind and name."""

    kind: str
    name: str
    code: str


def programs(file: Path = PROGRAMS) -> list[Program]:
    """The programs of a file, each under a line `### kind: name`."""
    found = []
    for part in re.split(r"^### ", file.read_text(), flags=re.MULTILINE)[1:]:
        title, _, code = part.partition("\n")
        kind, _, name = title.partition(": ")
        found.append(Program(kind, name, code))
    return found


def plain(program: Program, folder: str) -> str | None:
    """What it prints in CPython; None where that does not run it to its end."""
    try:
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", program.code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            cwd=folder,
            env=ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


def same(expected: str, found: Execution) -> bool:
    """Whether the sandbox did what CPython does."""
    return found.status == "ok" and found.stdout == expected


def compare(sandbox: Sandbox, chosen: Sequence[Program]) -> list[tuple[Program, str, Execution]]:
    """Run each in both, leaving out what CPython does not run, and what prints something else there again."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as threads:
        expected = threads.map(lambda program: plain(program, folder), chosen)
        found = [sandbox.run(program.code) for program in chosen]
        return [
            (program, text, execution)
            for program, text, execution in zip(chosen, expected, found, strict=True)
            if text is not None and (same(text, execution) or plain(program, folder) == text)
        ]


def report(
    outcomes: Sequence[tuple[Program, str, Execution]], chosen: int, *, least: float, show: bool
) -> int:
    """Print the table of so many chosen; 1 where the share that runs alike is less than `least`."""
    good = Counter(program.kind for program, expected, found in outcomes if same(expected, found))
    for kind, count in Counter(program.kind for program, _, _ in outcomes).items():
        print(f"{kind:12} {good[kind]:4} of {count}")
    for program, expected, found in outcomes:
        if show and not same(expected, found):
            error = f"{found.error.type}: {found.error.message}" if found.error else ""
            print(f"-- {program.kind}: {program.name} | {found.status} {error}")
            if found.status == "ok":
                print(f"   expected {expected[:300]!r}\n   found    {found.stdout[:300]!r}")
    total = sum(good.values())
    print(f"{total} of {len(outcomes)} run as in CPython; {chosen - len(outcomes)} do not run there")
    return 0 if total >= least * len(outcomes) else 1


def main() -> int:
    """Print the table; 1 where fewer than 95 in a hundred run alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=PROGRAMS)
    parser.add_argument("--kind", help="only those of this kind")
    parser.add_argument("--show", action="store_true", help="what went otherwise")
    arguments = parser.parse_args()
    chosen = [p for p in programs(arguments.file) if arguments.kind in (None, p.kind)]
    with Sandbox(Limits(wall_s=20, cpu_s=20), spares=1) as sandbox:
        return report(compare(sandbox, chosen), len(chosen), least=0.95, show=arguments.show)


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    sys.exit(main())
