"""Functions of the host inside the sandbox: calls go out as data, results come in as data."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON, Call, Execution, Returned
from sandreckoner.tools.python import Limits, Sandbox, Walls


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(wall_s=5)) as sandbox:
        yield sandbox


def calling(sandbox: Sandbox, code: str) -> Execution:
    return sandbox.perform(Run(code, keep=True, functions=("search", "read")))


def answered(sandbox: Sandbox, waiting: Execution, value: JSON = None, error: str = "") -> Execution:
    assert waiting.state is not None
    return sandbox.perform(Resume(waiting.state, Returned(value, error)))


def test_a_call_waits_for_its_value_and_the_program_goes_on(sandbox: Sandbox) -> None:
    waiting = calling(sandbox, "print('before')\nfound = search('net sales', k=2)\nprint(found)\nlen(found)")
    assert (waiting.status, waiting.stdout) == ("waiting", "before\n")
    assert waiting.call == Call("search", ["net sales"], {"k": 2})
    done = answered(sandbox, waiting, [{"text": "8,412"}])
    assert (done.status, done.value, done.stdout) == ("ok", 1, "before\n[{'text': '8,412'}]\n")


def test_the_same_call_may_be_answered_more_than_once(sandbox: Sandbox) -> None:
    waiting = calling(sandbox, "import random\nn = read('p1')\n(n * 2, random.random())")
    one, other = answered(sandbox, waiting, 1), answered(sandbox, waiting, 21)
    assert (one.value[0], other.value[0]) == (2, 42)
    assert one.value[1] == other.value[1]  # the same state, its random generator too


def test_an_error_is_raised_at_the_call_and_may_be_caught(sandbox: Sandbox) -> None:
    waiting = calling(
        sandbox, "try:\n    read('p9')\nexcept RuntimeError as fault:\n    said = str(fault)\nsaid"
    )
    assert answered(sandbox, waiting, error="there is no passage p9").value == "there is no passage p9"
    bare = answered(sandbox, calling(sandbox, "\nread('p9')"), error="there is no passage p9")
    assert bare.error is not None and (bare.error.type, bare.error.line) == ("RuntimeError", 2)


def test_calls_in_a_loop_in_a_function_and_in_later_cells(sandbox: Sandbox) -> None:
    step = calling(sandbox, "def total():\n    return sum(search(n) for n in range(3))\ntotal()")
    for _ in range(3):
        assert step.call is not None
        step = answered(sandbox, step, step.call.positional[0] * 10)
    assert step.value == 30
    later = sandbox.perform(Run("total()", step.state, keep=True))
    assert later.status == "crashed"  # this run was not given the function
    assert sandbox.perform(Run("total()", step.state, keep=True, functions=("search",))).status == "waiting"


def test_the_time_of_the_host_is_not_the_programs(sandbox: Sandbox) -> None:
    with Sandbox(Limits(wall_s=0.6)) as brief:
        waiting = calling(brief, "search('x')\n1")
        time.sleep(0.8)
        assert answered(brief, waiting).value == 1
        late = answered(brief, calling(brief, "search('x')\nwhile True: pass"))
        assert late.status == "timeout"


def test_arguments_are_rendered_inside(sandbox: Sandbox) -> None:
    code = """
class Hostile:
    def __repr__(self):
        return "x" * 10
    def __str__(self):
        return 1 / 0
search(Hostile(), {1: (2, float("nan"))}, [search], k=10**40)
"""
    call = calling(sandbox, code).call
    assert call is not None
    hostile, mapping, functions = call.positional
    assert hostile == {"type": "Hostile", "text": "x" * 10}
    assert mapping == {"1": [2, {"type": "float", "text": "nan"}]} and call.named == {"k": 10**40}
    assert functions[0]["type"] == "function"


@pytest.mark.parametrize(
    "reach",
    [
        "search.__globals__",
        "search.__closure__[0].cell_contents",
        "search.__code__",
        "search.__self__",
        "getattr(search, '__clo' + 'sure__')",
        "vars(search)",
        "search.__call__.__self__",
        "'{0.__globals__}'.format(search)",
    ],
)
def test_nothing_of_the_worker_is_reached_through_a_function(sandbox: Sandbox, reach: str) -> None:
    done = calling(sandbox, f"print({reach})")
    assert done.status in ("refused", "error") and "interpreter" not in done.stdout


def test_a_forged_call_or_answer_is_a_crash_and_not_a_state() -> None:
    """Past the language a program can write to its channel; what it can forge is its own outcome only."""
    forge = """
import json, os
body = json.dumps({body}).encode()
os.write(3, len(body).to_bytes(4, "big") + body)
while True: pass
"""
    report = {"status": "waiting", "value": None, "error": None, "stdout": "", "truncated": False}
    report |= {"cpu_s": 0, "memory_bytes": 0}
    with Sandbox(Limits(wall_s=2), without=Walls.LANGUAGE) as sandbox:
        for call in ({"function": "steal", "positional": [], "named": {}}, {"function": 5}, "call", None):
            code = forge.replace("{body}", repr(report | {"call": call}))
            done = sandbox.perform(Run(code, keep=True, functions=("search",)))
            assert (done.status, done.state, done.call) == ("crashed", None, None)
        deep: JSON = []
        for _ in range(70):
            deep = [deep]
        call = {"function": "search", "positional": deep, "named": {}}
        done = sandbox.perform(
            Run(forge.replace("{body}", repr(report | {"call": call})), keep=True, functions=("search",))
        )
        assert done.status == "crashed"


def test_a_state_is_continued_by_its_own_kind(sandbox: Sandbox) -> None:
    waiting = calling(sandbox, "read('p1')")
    ended = answered(sandbox, waiting, 1)
    assert ended.state is not None
    with pytest.raises(UsageError, match="Resume it"):
        sandbox.perform(Run("1", waiting.state))
    with pytest.raises(UsageError, match="waits for no call"):
        sandbox.perform(Resume(ended.state, Returned(1)))
    with pytest.raises(UsageError, match="keep=True"):
        sandbox.perform(Run("1", functions=("search",)))
    with pytest.raises(UsageError, match="plain variable name"):
        sandbox.perform(Run("1", keep=True, functions=("os.system",)))


def test_a_waiting_state_is_freed_like_any_other(sandbox: Sandbox) -> None:
    with Sandbox(Limits(states=1)) as narrow:
        for _ in range(3):
            waiting = calling(narrow, "search('x')")
            assert waiting.status == "waiting" and waiting.state is not None
            waiting.state.close()


def test_a_program_that_goes_on_cannot_call_what_it_was_not_given() -> None:
    """Past the language it can write any report; the host performs only the functions that it named."""
    code = """
import contextlib, os
search("x")
report = b'{"status": "waiting", "value": null, "stdout": "", "truncated": false, "error": null, "cpu_s": 0,'
report += b'"memory_bytes": 0, "call": {"function": "delete", "positional": [], "named": {}}}'
for descriptor in range(3, 16):  # a branch has its channel at another one
    with contextlib.suppress(OSError):
        os.write(descriptor, len(report).to_bytes(4, "big") + report)
"""
    with Sandbox(without=Walls.LANGUAGE, spares=0) as sandbox:
        waiting = calling(sandbox, code)
        assert waiting.call is not None and waiting.call.function == "search"
        done = answered(sandbox, waiting)
        assert done.status == "crashed", done
