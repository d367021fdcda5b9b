"""How long a program takes in the sandbox, beside the plain ways to run one; all interleaved in one run.

    python -m benchmarks.sandbox.speed [--rounds N]

Prints medians, 99th percentiles and ratios to a cold `python -I -c` of the same program.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sandreckoner.tools.python import Sandbox, Walls

TINY = "1 + 1"
SYMPY = "from sympy import symbols, solve\nx = symbols('x')\nsolve(x**2 - 5*x + 6, x)"
LOOPS = {
    "arithmetic": "t = 0\nfor i in range(400_000): t += i * i % 7",
    "lists": (
        "x = [i for i in range(1000)]\n"
        "for k in range(150):\n    y = [a + b for a, b in zip(x, x)]\n    x[k] = sum(y) % 9"
    ),
    "dictionaries": "d = {}\nfor i in range(200_000): d[i % 997] = d.get(i % 997, 0) + i",
    "objects": (
        "class P:\n    def __init__(self): self.n = 0\n    def step(self, k): self.n += k; return self.n\n"
        "p = P()\nfor i in range(150_000): p.step(i)"
    ),
    "strings": "s = []\nfor i in range(100_000): s.append(str(i).upper().strip())\nlen(','.join(s))",
    "recursion": "def f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nf(22)",
}


def cold(code: str) -> None:
    """A new interpreter."""
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def plain(code: str) -> None:
    """In this process, contained by nothing."""
    exec(code, {})


def _preloaded(code: str) -> None:
    exec(code, {})
    os._exit(0)


def forked(code: str) -> None:
    """A process of multiprocessing, forked from this one with everything imported."""
    process = multiprocessing.get_context("fork").Process(target=_preloaded, args=(code,))
    process.start()
    process.join()


def milliseconds(call: Callable[[str], object], code: str) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    call(code)
    return (time.perf_counter() - started) * 1e3


def percentile(times: list[float], share: float) -> float:
    """The time that `share` of all stay below."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def latency(name: str, code: str, rounds: int, sandbox: Sandbox, on_demand: Sandbox) -> None:
    """One program, each way in turn, round by round."""
    ways: dict[str, Callable[[str], object]] = {
        "cold python -I -c": cold,
        "sandbox, spares": sandbox.run,
        "sandbox, fork on demand": on_demand.run,
        "multiprocessing": forked,
        "exec, no containment": plain,
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for way in ways.values():
        way(code)
    for _ in range(rounds):
        for way, call in ways.items():
            time.sleep(0.01)
            times[way].append(milliseconds(call, code))
    base = statistics.median(times["cold python -I -c"])
    print(f"\n{name}: p50 ms, p99 ms, ratio of p50 to cold")
    for way, found in times.items():
        middle = statistics.median(found)
        print(f"  {way:26} {middle:9.2f} {percentile(found, 0.99):9.2f} {middle / base:8.3f}")


def branching(sandbox: Sandbox, rounds: int) -> None:
    """Running from a state, small and large."""
    for name, code in {"small": "x = [1]", "of 200 MB": "import numpy\nx = numpy.ones(25_000_000)"}.items():
        origin = sandbox.run(code, keep=True)
        run = functools.partial(sandbox.run, state=origin.state)
        runs = [milliseconds(run, "x[0]") for _ in range(rounds)]
        print(f"  fork of a state {name} and a run in it: p50 {statistics.median(runs):.2f} ms")


def throughput(sandbox: Sandbox, count: int) -> None:
    """Programs a second with four in flight."""
    print("\nprograms a second, 4 in flight")
    for name, code in (("tiny", TINY), ("sympy", SYMPY)):
        rates = []
        for call in (sandbox.run, forked):
            with ThreadPoolExecutor(4) as threads:
                started = time.perf_counter()
                list(threads.map(call, [code] * count))
                rates.append(count / (time.perf_counter() - started))
        ratio = rates[0] / rates[1]
        print(f"  {name:6} sandbox {rates[0]:7.1f}   multiprocessing {rates[1]:7.1f}   ratio {ratio:.2f}")


def loops(sandbox: Sandbox, rounds: int) -> None:
    """What the language wall costs a program that computes: the same process, with it and without."""
    with Sandbox(without=Walls.LANGUAGE) as unguarded:
        ratios = []
        print("\nloops: time under the policy over time without it, least of the rounds")
        for name, code in LOOPS.items():
            timed = f"import time\n_start = time.perf_counter()\n{code}\ntime.perf_counter() - _start"
            runs = [(sandbox.run(timed).value, unguarded.run(timed).value) for _ in range(rounds)]
            ratios.append(min(run[0] for run in runs) / min(run[1] for run in runs))
            print(f"  {name:14} {ratios[-1]:.3f}")
        print(f"  geometric mean {statistics.geometric_mean(ratios):.3f}")


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    started = time.perf_counter()
    with Sandbox(spares=0) as first:
        first.run(TINY)
        print(f"from nothing to the first result: {(time.perf_counter() - started) * 1e3:.0f} ms")
    with Sandbox(spares=4) as sandbox, Sandbox(spares=0) as on_demand:
        latency("a tiny program", TINY, rounds, sandbox, on_demand)
        import sympy  # what multiprocessing and exec find imported

        sympy.solve(sympy.Symbol("x") - 1)
        latency("a sympy solve", SYMPY, max(8, rounds // 4), sandbox, on_demand)
        print("\nstates")
        branching(on_demand, rounds)
        throughput(sandbox, 100)
        loops(sandbox, max(5, rounds // 8))


if __name__ == "__main__":
    main()
