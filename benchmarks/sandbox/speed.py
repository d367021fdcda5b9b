"""How long a program takes in the sandbox, beside other ways to run one; all interleaved in one run.

    python -m benchmarks.sandbox.speed [--rounds N]

Prints medians, 99th percentiles and ratios. `peers.py` says what each peer is and in which process it runs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from benchmarks.sandbox.peers import PEERS, SCIENCE, STANDARD
from benchmarks.sandbox.within import branching, loops

TINY = "1 + 1"
SYMPY = "from sympy import symbols, solve\nx = symbols('x')\nsolve(x**2 - 5*x + 6, x)"
PROGRAMS = {"a tiny program": (TINY, STANDARD, "2"), "a sympy solve": (SYMPY, [*STANDARD, *SCIENCE], None)}
PARALLEL = ("spares", "demand", "forkserver", "fork", "pool")
FIRST = """
import time; started = time.perf_counter()
from sandreckoner.tools.python import Sandbox
with Sandbox() as sandbox:
    sandbox.run("1 + 1")
    print((time.perf_counter() - started) * 1e3)
"""


class Peer:
    """One way, in its process."""

    def __init__(self, name: str, modules: list[str]) -> None:
        self.title = PEERS[name][1]
        # With -c there is no main module for multiprocessing to import again in every child.
        code = f"from benchmarks.sandbox.peers import serve; serve({name!r}, {' '.join(modules)!r})"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.missing = self._read().get("missing")

    def batch(self, code: str, count: int, *, threads: int = 1) -> dict[str, Any]:
        """Run a program `count` times; its values, milliseconds and the seconds of the whole."""
        assert self._process.stdin is not None
        print(
            json.dumps({"code": code, "count": count, "threads": threads}),
            file=self._process.stdin,
            flush=True,
        )
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def percentile(times: list[float], share: float) -> float:
    """The time that `share` of all stay below."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def usable(names: tuple[str, ...], code: str, modules: list[str], expected: str | None) -> dict[str, Peer]:
    """The peers that are here and that can run the program, each warmed; a line about each other one."""
    found = {}
    for name in names:
        peer = Peer(name, modules)
        tried = {"failed": f"not installed ({peer.missing})"} if peer.missing else peer.batch(code, 3)
        if "failed" not in tried and expected is not None and tried["values"] != [expected]:
            tried["failed"] = f"wrong: {tried['values']}"
        if "failed" in tried:
            print(f"  {peer.title:28} {tried['failed']}")
            peer.close()
        else:
            found[name] = peer
    return found


def latency(title: str, rounds: int, *, pause_s: float, count: int) -> None:
    """One program, each way in turn, round by round: `count` in a row after a pause."""
    code, modules, expected = PROGRAMS[title]
    print(f"\n{title}, {'one after a pause' if count == 1 else f'{count} in a row'}: ms p50, p99; p50 / cold")
    peers = usable(tuple(PEERS), code, modules, expected)
    times: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(rounds):
        for name, peer in peers.items():
            time.sleep(pause_s)
            times[name] += peer.batch(code, count)["times"]
    base = statistics.median(times["cold"])
    for name, peer in peers.items():
        middle = statistics.median(times[name])
        print(f"  {peer.title:28} {middle:8.2f} {percentile(times[name], 0.99):8.2f} {middle / base:8.3f}")
        peer.close()


def throughput(rounds: int, count: int) -> None:
    """Programs a second with four in flight, median of the rounds."""
    print("\nprograms a second, 4 in flight; beside multiprocessing's fork server")
    for title, (code, modules, expected) in PROGRAMS.items():
        peers = usable(PARALLEL, code, modules, expected)
        rates: dict[str, list[float]] = {name: [] for name in peers}
        for _ in range(rounds):
            for name, peer in peers.items():
                rates[name].append(count / peer.batch(code, count, threads=4)["seconds"])
        base = statistics.median(rates["forkserver"])
        for name, peer in peers.items():
            middle = statistics.median(rates[name])
            print(f"  {title}: {peer.title:28} {middle:8.1f} {middle / base:7.2f}")
            peer.close()


def cold_start(rounds: int) -> None:
    """A new process, from before the import to the first result."""
    times = []
    for _ in range(rounds):
        done = subprocess.run([sys.executable, "-c", FIRST], check=True, capture_output=True, text=True)
        times.append(float(done.stdout))
    print(
        f"from nothing to the first result: {statistics.median(times):.0f} ms ({min(times):.0f} at the least)"
    )


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    cold_start(max(3, rounds // 8))
    latency("a tiny program", rounds, pause_s=0.02, count=1)
    latency("a tiny program", max(3, rounds // 8), pause_s=0.02, count=20)
    latency("a sympy solve", max(5, rounds // 8), pause_s=0.1, count=1)
    throughput(max(3, rounds // 10), 60)
    branching(rounds)
    loops(max(5, rounds // 8))


if __name__ == "__main__":
    main()
