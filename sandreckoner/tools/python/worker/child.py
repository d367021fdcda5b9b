"""The life of a sandboxed process: one program, and then, where its state is kept, forks of itself."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from sandreckoner.tools.python.kernel.call import PR_SET_PDEATHSIG, fork, fork_by_permit, prctl
from sandreckoner.tools.python.worker.channel import Channel
from sandreckoner.tools.python.worker.functions import host_function
from sandreckoner.tools.python.worker.program import Interpreter


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
    sys.setrecursionlimit(recursion)
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
    functions = {
        name: host_function(name, interpreter, partial(_wait_as_state, interpreter))
        for name in request["functions"]
    }
    interpreter.run(request["code"], {**request["inputs"], **functions}, request["wall_s"])
    if not request["keep"]:
        os._exit(0)


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
    """Wait until the zygote or the host ends the tree."""
    signal.signal(signal.SIGTERM, _end)
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.closerange(0, 1 << 16)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            _end()
