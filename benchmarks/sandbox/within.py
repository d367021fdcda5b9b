"""What only the sandbox has: forks of a state, and a policy whose cost in loops is to be small."""

from __future__ import annotations

import statistics
import time

from sandreckoner.core.effects import Run
from sandreckoner.tools.python import Limits, Sandbox, Walls
from sandreckoner.tools.python.converse import Clock, Flight, converse
from sandreckoner.tools.python.states import LiveState

STATES = {
    "small": "x = [1]",
    "of 200 MB in numpy": "import numpy\nx = numpy.ones(25_000_000)",
    "of 100 MB in lists": "x = [float(i) for i in range(3_000_000)]",
}
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


def branching(rounds: int) -> None:
    """Forking a state and running a program in the fork, apart, for small states and large."""
    print("\nstates: ms p50 of a fork, of a run in it, of both as a caller sees them")
    limits = Limits(memory_bytes=1 << 30)
    with Sandbox(limits) as sandbox:
        for name, code in STATES.items():
            state = sandbox.run(code, keep=True).state
            assert isinstance(state, LiveState)
            forks, runs, both = [], [], []
            for _ in range(rounds):
                started = time.perf_counter()
                branch = state.tree.fork(state.process, time.monotonic() + 10)
                forked = time.perf_counter()
                converse(branch, Run("x[0]"), limits, Clock(10), Flight())
                ran = time.perf_counter()
                branch.close()
                sandbox.run("x[0]", state)
                both.append((time.perf_counter() - ran) * 1e3)
                forks.append((forked - started) * 1e3)
                runs.append((ran - forked) * 1e3)
            middle = [statistics.median(times) for times in (forks, runs, both)]
            print(f"  {name:20}" + "".join(f"{ms:8.2f}" for ms in middle))


def loops(rounds: int) -> None:
    """What the language wall costs a program that computes: the same process, with it and without."""
    with Sandbox() as sandbox, Sandbox(without=Walls.LANGUAGE) as plain:
        ratios = []
        print("\nloops: time under the policy over time of plain exec, least of the rounds")
        for name, code in LOOPS.items():
            timed = f"import time\n_start = time.perf_counter()\n{code}\ntime.perf_counter() - _start"
            times: list[list[float]] = [[], []]
            for _ in range(rounds):
                for ours, found in zip((sandbox, plain), times, strict=True):
                    value = ours.run(timed).value
                    assert isinstance(value, float)
                    found.append(value)
            ratios.append(min(times[0]) / min(times[1]))
            print(f"  {name:14} {ratios[-1]:.3f}")
        print(f"  geometric mean {statistics.geometric_mean(ratios):.3f}")
