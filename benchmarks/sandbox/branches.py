"""Branches one state again and again.

    python -m benchmarks.sandbox.branches [--branches N] [--threads N]

Prints what a branch takes, first and last, and what the state and the host have grown by.
"""

from __future__ import annotations

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandreckoner.tools.python import Limits, Sandbox
from sandreckoner.tools.python.kernel.others import cpu_seconds
from sandreckoner.tools.python.states import LiveState

_REPORTS = 10


def main() -> None:
    """Branch; any branch that fails ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--branches", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    share = max(1, options.branches // _REPORTS)
    with (
        Sandbox(Limits(cpu_s=1, wall_s=10), spares=0) as sandbox,
        ThreadPoolExecutor(options.threads) as pool,
    ):
        state = sandbox.run("x = list(range(1000))", keep=True).state
        assert isinstance(state, LiveState)

        def branch(number: int) -> float:
            started = time.monotonic()
            done = sandbox.run(f"len(x) + {number}", state)
            assert done.value == 1000 + number, (number, done)
            return time.monotonic() - started

        for part in range(0, options.branches, share):
            taken = list(pool.map(branch, range(part, min(part + share, options.branches))))
            print(
                f"{part + len(taken):7} branches: {1e3 * statistics.median(taken):.1f} ms each (median); "
                f"the state: {cpu_seconds(state.process.number):.1f} CPU s, "
                f"{_resident_mb(str(state.process.number)):.1f} MB; the host: {_resident_mb('self'):.1f} MB",
                flush=True,
            )


def _resident_mb(process: str) -> float:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096 / 2**20


if __name__ == "__main__":
    main()
