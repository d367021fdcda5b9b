"""The life of a sandboxed process: one program, its calls to the host, and forks of its kept state."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from sandreckoner.tools.python.figures.table_inputs import hydrated
from sandreckoner.tools.python.kernel.call import PR_SET_PDEATHSIG, fork, fork_by_permit, prctl
from sandreckoner.tools.python.policy.system_modules import limit_recursion
from sandreckoner.tools.python.worker.channel import Channel
from sandreckoner.tools.python.worker.given import read_inputs
from sandreckoner.tools.python.worker.program import Interpreter
from sandreckoner.tools.python.worker.render import render

# Of ours, under the first of a program's.
_FRAMES_BELOW = 11


def live(
    interpreter: Interpreter, permits: int, *, recursion: int, reseed: Callable[[], None], forks: bool
) -> NoReturn:
    """Perform the host's requests until it goes away.

    Args:
        interpreter: with its channel.
        permits: descriptor to hand to the host first; 0 for none.
        recursion: depth of calls allowed to programs.
        reseed: gives the random generators a state of their own.
        forks: whether the state after the program is kept.
    """
    reseed()
    limit_recursion(recursion, _FRAMES_BELOW)
    if forks:
        _greet(interpreter.channel, permits)
    _perform(interpreter, interpreter.channel.read())
    while forks:
        _perform(interpreter, _wait_as_state(interpreter))
    os._exit(0)


def _wait_as_state(interpreter: Interpreter) -> dict[str, Any]:
    """Fork whenever the host says so; only the forks return, each with the request that is its own."""
    while True:
        request, channel = interpreter.channel.read_with_descriptor()
        if request.get("op") != "fork" or channel is None:
            os._exit(1)
        if _branch(interpreter, channel, request["permit"]):
            _greet(interpreter.channel, 0)
            return interpreter.channel.read()


def _perform(interpreter: Interpreter, request: dict[str, Any]) -> None:
    if "load" in request:
        interpreter.load(request["load"])
        _greet(interpreter.channel, 0)
        return
    functions = {
        name: host_function(name, interpreter, partial(_wait_as_state, interpreter))
        for name in request["functions"]
    }
    inputs = _inputs(interpreter, request)
    interpreter.run(request["code"], {**inputs, **functions}, request["wall_s"])
    if not request["keep"]:
        os._exit(0)


def _inputs(interpreter: Interpreter, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return read_inputs(interpreter.channel, request["inputs"], mapped=request["mapped"])
    except MemoryError:
        interpreter.end_without_room()


def _greet(channel: Channel, permits: int) -> None:
    # The kernel attaches this process's true id, which the host needs in order to stop it.
    if permits:
        channel.write({"hello": True}, permits)
        os.close(permits)
    else:
        channel.write({"hello": True})


def _branch(interpreter: Interpreter, descriptor: int, permit: int) -> bool:
    """Fork; True in the branch, which then answers on `descriptor`, its random generators as they were.

    Args:
        interpreter: goes along.
        descriptor: of the branch's channel.
        permit: the host's, for this one fork; 0 where none is needed.
    """
    try:
        forked = fork_by_permit(permit) if permit else fork()
    except OSError as fault:
        report_failure(descriptor, fault)
        return False
    if forked:
        os.close(descriptor)
        return False
    interpreter.channel.close()
    interpreter.channel = Channel(descriptor)
    return True


def report_failure(descriptor: int, fault: BaseException) -> None:
    """Tell the host that a process could not be made."""
    channel = Channel(descriptor)
    with contextlib.suppress(OSError):
        channel.write({"status": "crashed", "message": f"{type(fault).__name__}: {fault}"[:500]})
    channel.close()


def _end(*ignored: object) -> NoReturn:
    # In a process namespace the kernel ends the rest with its first process; elsewhere the group does.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGKILL)
    os._exit(0)


def watch_over_branches() -> NoReturn:
    """Be the first process of a tree: run no program, reap the branches, and end with them when told to."""
    signal.signal(signal.SIGTERM, _end)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.closerange(0, 1 << 16)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            _end()


_CAP_BYTES = 100_000


def host_function(
    name: str, interpreter: Interpreter, answer: Callable[[], dict[str, Any]]
) -> Callable[..., Any]:
    """A function that the program can call and the host performs: the program waits, and data comes back.

    While it waits the process is a state like any other: the host forks it and hands the value to the fork,
    so that the same call may be answered more than once.

    Args:
        name: what the program calls it.
        interpreter: in which the program runs.
        answer: waits as a state; returns, in a fork, the host's answer.
    """

    def function(*positional: Any, **named: Any) -> Any:
        # Rendered first: a hostile `repr` among the arguments still runs on the program's own time.
        call = {
            "function": name,
            "positional": [render(value, _CAP_BYTES) for value in positional],
            "named": {key: render(value, _CAP_BYTES) for key, value in named.items()},
        }
        interpreter.pause(call)
        returned = answer()
        value = _inputs(interpreter, returned)["answer"]
        interpreter.go_on(returned["wall_s"])
        if returned["error"]:
            raise RuntimeError(returned["error"])
        return hydrated(value)

    function.__name__ = function.__qualname__ = name
    return function
