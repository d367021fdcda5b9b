"""Kills, stops and closes the other side of the host at chance moments, and counts the hangs.

    python -m benchmarks.sandbox.kill_rounds [--rounds N] [--threads N] [--seed N]

Prints every hang with the moment at which it came about, and what the host uses when all is over.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from pathlib import Path

from tests.sandbox.interference import Result, play
from tests.sandbox.processes import descendants

_IDLE_S = 2.0


def _progress(result: Result) -> None:
    print(f"  {result.rounds} rounds of a thread, {len(result.hangs)} hangs", flush=True)


def main() -> None:
    """Play, then look whether the host is idle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started = time.monotonic()
    found = play(options.rounds, threads=options.threads, seed=options.seed, progress=_progress)
    for line in (*found.hangs, *found.wrong):
        print(" ", line)
    print(
        f"{found.rounds} rounds in {time.monotonic() - started:.0f} s: {len(found.hangs)} hangs, "
        f"{len(found.wrong)} wrong errors; slowest operation {found.slowest_s:.2f} s, "
        f"slowest close {found.slowest_close_s:.2f} s"
    )
    time.sleep(1)
    before = time.process_time()
    time.sleep(_IDLE_S)
    print(
        f"afterwards: {time.process_time() - before:.3f} CPU s in {_IDLE_S:g} s, "
        f"{threading.active_count() - 1} threads, {len(descendants(os.getpid()))} processes, "
        f"{len(list(Path('/proc/self/fd').iterdir()))} descriptors"
    )


if __name__ == "__main__":
    main()
