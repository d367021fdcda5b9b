"""The zygote: one thread, an empty environment, and a fresh fork for each program.

It never runs a program itself. It prepares all that children share (imports, namespaces, filters), finds out
by rehearsal which walls stand on this machine, and then serves the host until that goes away.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import socket
import struct
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from sandreckoner.tools.python import codec
from sandreckoner.tools.python.kernel.call import PR_SET_DUMPABLE, fork, prctl
from sandreckoner.tools.python.kernel.rlimits import be_the_first_to_go
from sandreckoner.tools.python.walls import Walls
from sandreckoner.tools.python.worker.channel import Channel
from sandreckoner.tools.python.worker.child import live, report_failure, watch_over_branches
from sandreckoner.tools.python.worker.enclose import CHANNEL
from sandreckoner.tools.python.worker.ground import Ground
from sandreckoner.tools.python.worker.program import Interpreter
from sandreckoner.tools.python.worker.repeat import Repeatable
from sandreckoner.tools.python.worker.warm import Heap, freeze, prepare_names

_CAP = 1 << 20
_PAUSE_MS = 5
_HANDLE = struct.Struct("i")
_ROOM = socket.CMSG_SPACE(_HANDLE.size)
_DONE = codec.pack({"done": True})


def main(descriptor: int) -> NoReturn:
    """Serve the host on a control socket, until it closes."""
    control = socket.socket(fileno=descriptor)
    order = codec.receive(control, cap_bytes=_CAP)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the host
    be_the_first_to_go()
    ZygoteServer(control, order).serve()


class ZygoteServer:
    """Prepares a tier, then forks a child for each request."""

    def __init__(self, control: socket.socket, order: Mapping[str, Any]) -> None:
        self._control = control
        limits = order["limits"]
        self._recursion = limits["recursion"]
        self._host = _watch_parent()
        self._repeatable = Repeatable(order["seed"], order["clock_s"])
        asked = Walls.ALL & ~Walls(order["without"])
        names = prepare_names(
            order["tier"], order["modules"], self._repeatable, restrict=Walls.LANGUAGE in asked
        )
        self._interpreter = Interpreter(
            names,
            output_bytes=limits["output_bytes"],
            restrict=Walls.LANGUAGE in asked,
            cpu_s=limits["cpu_s"],
        )
        self._interpreter.prepare()
        self._heap = Heap()  # while /proc is still there to say
        self._ground = Ground(
            asked & ~Walls.LANGUAGE, control, cpu_s=limits["cpu_s"], memory_bytes=limits["memory_bytes"]
        )
        self._enclosures = {forks: self._ground.enclosure(forks=forks) for forks in (False, True)}
        self._spawned = random.randrange(1 << 20)  # so that the user ids of several zygotes hardly ever meet
        freeze()
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                prctl(PR_SET_DUMPABLE, 0)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no child becomes a zombie, and no branch of a tree
        walls = self._ground.walls | asked & Walls.LANGUAGE
        codec.send(control, {"ready": True, "walls": walls.value})

    def serve(self) -> NoReturn:
        """Perform the host's requests until it goes away, then end; the kernel ends the children."""
        watched = select.poll()
        watched.register(self._control, select.POLLIN)
        if self._host is not None:
            watched.register(self._host, select.POLLIN)
        idle_ms = None if self._host is not None else 1000
        gathering = True
        while True:
            ready = watched.poll(_PAUSE_MS if gathering else idle_ms)
            if not ready:
                gathering = gathering and self._heap.gather_one()
                if self._host is None and os.getppid() == 1:
                    break
            if any(descriptor == self._host for descriptor, _ in ready):
                break
            if ready and not self._answer():
                break
        os._exit(0)

    def _answer(self) -> bool:
        """Perform one request; False where it is no request."""
        kind, ancillary, _, _ = self._control.recvmsg(1, _ROOM)
        descriptors = codec.descriptors_in(ancillary)
        if kind not in (codec.ONE_PROGRAM, codec.TREE_OF_STATES) or len(descriptors) != 1:
            return False
        try:
            process = self._spawn(descriptors[0], forks=kind == codec.TREE_OF_STATES)
        except OSError as fault:
            codec.send(self._control, {"error": str(fault)})
        else:
            self._hand_over(process)
        finally:
            os.close(descriptors[0])
        return True

    def _hand_over(self, process: int) -> None:
        """Give the host a sure way to end a child."""
        try:
            handle = os.pidfd_open(process)
        except (AttributeError, OSError):
            self._control.sendall(_DONE)
        else:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, _HANDLE.pack(handle))
            self._control.sendmsg([_DONE], [rights])
            os.close(handle)

    def _spawn(self, channel: int, *, forks: bool) -> int:
        self._spawned += 1
        processes = self._ground.processes
        if processes is not None:
            processes.next_child()
        process = fork()
        if process == 0:
            self._child(channel, forks=forks)
        if processes is not None:
            processes.back()
        return process

    def _child(self, channel: int, *, forks: bool) -> NoReturn:
        try:
            os.setsid()
            if forks and fork():
                watch_over_branches()
            permits = self._enclosures[forks].enter(channel, self._ground.user_id(self._spawned))
            channel = CHANNEL
            self._interpreter.speak(Channel(channel))
            live(
                self._interpreter,
                permits,
                recursion=self._recursion,
                reseed=self._repeatable.reseed,
                forks=forks,
            )
        except BaseException as fault:  # nothing may unwind into the zygote's own code
            report_failure(channel, fault)
        finally:
            os._exit(1)


def _watch_parent() -> int | None:
    """A descriptor that becomes readable when the host ends, where there is such a thing."""
    try:
        return os.pidfd_open(os.getppid())
    except (AttributeError, OSError):
        return None
