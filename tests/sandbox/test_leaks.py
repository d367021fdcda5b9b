"""Nothing goes from one run to the next, nor from a branch to its origin or its siblings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandreckoner.tools.python import Sandbox, Walls

# What a program that got past the language can change of its process, and how the next one would notice.
TRACES = {
    "a name in builtins": (
        "import builtins; builtins.left = 1",
        "import builtins; hasattr(builtins, 'left')",
    ),
    "a module": ("import math; math.pi = 3", "import math; math.pi == 3"),
    "a module of its own": (
        "import sys, types; sys.modules['left'] = types.ModuleType('left')",
        "import sys; 'left' in sys.modules",
    ),
    "the environment": ("import os; os.environ['LEFT'] = '1'", "import os; 'LEFT' in os.environ"),
    "random's seed": (
        "import random; random.seed(7)",
        "import random; random.random() == 0.32383276483316237",
    ),
    "the decimal context": (
        "import decimal; decimal.getcontext().prec = 3",
        "import decimal; decimal.getcontext().prec == 3",
    ),
    "the recursion limit": (
        "import sys; sys.setrecursionlimit(99)",
        "import sys; sys.getrecursionlimit() == 99",
    ),
    "a signal's handler": (
        "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "import signal; signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN",
    ),
    "a timer": (
        "import signal; signal.setitimer(signal.ITIMER_VIRTUAL, 50)",
        "import signal; signal.setitimer(signal.ITIMER_VIRTUAL, 0)[0] > 0",
    ),
    "a trace function": ("import sys; sys.setprofile(print)", "import sys; sys.getprofile() is not None"),
    "numpy's errors": (
        "import numpy; numpy.seterr(all='raise')",
        "import numpy; numpy.geterr()['over'] == 'raise'",
    ),
    "a registered encoder": (
        "import copyreg; copyreg.pickle(complex, repr)",
        "import copyreg; copyreg.dispatch_table.get(complex) is repr",
    ),
    "sympy's cache": (
        "from sympy.core import cache; cache.left = 1",
        "from sympy.core import cache; hasattr(cache, 'left')",
    ),
}


@pytest.fixture(scope="module")
def unguarded() -> Iterator[Sandbox]:
    with Sandbox(without=Walls.LANGUAGE, spares=2) as sandbox:
        yield sandbox


@pytest.mark.parametrize("name", TRACES)
def test_a_run_leaves_no_trace_for_the_next(name: str, unguarded: Sandbox) -> None:
    leave, look = TRACES[name]
    here = unguarded.run(f"{leave}\n{look}")
    assert here.value is True, here  # it can be noticed in the run itself: the look is not blind
    assert [unguarded.run(look).value for _ in range(3)] == [False] * 3


@pytest.mark.parametrize("name", TRACES)
def test_a_branch_leaves_none_for_its_origin_and_its_siblings(name: str, unguarded: Sandbox) -> None:
    leave, look = TRACES[name]
    origin = unguarded.run("x = 1", keep=True)
    sibling = unguarded.run("x = 2", origin.state, keep=True)
    branch = unguarded.run(leave, origin.state, keep=True)
    assert branch.ok, branch
    assert unguarded.run(look, origin.state).value is False
    assert unguarded.run(look, sibling.state).value is False


def test_two_programs_that_run_at_the_same_time_have_users_of_their_own(unguarded: Sandbox) -> None:
    if Walls.IDENTITY not in unguarded.walls:
        pytest.skip("user ids of one's own are missing on this machine")
    ids = [unguarded.run("import os\nos.getuid()").value for _ in range(6)]
    assert 0 not in ids or set(ids) == {0}  # root in a user namespace of its own, without capabilities
    assert len(set(ids)) == 6 or set(ids) == {0}
