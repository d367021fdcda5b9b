"""The zygote: one thread, an empty environment, and a fresh fork for each program.

It never runs a program itself. It prepares all that children share (imports, namespaces, filters), finds out
by rehearsal which walls stand on this machine, and then serves the host until that goes away.
"""

from __future__ import annotations

import os
import random
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from sandreckoner.tools.python import codec
from sandreckoner.tools.python.kernel import identity, landlock, namespaces, seccomp
from sandreckoner.tools.python.kernel.call import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, prctl, unshare
from sandreckoner.tools.python.walls import Walls
from sandreckoner.tools.python.worker.channel import Channel
from sandreckoner.tools.python.worker.child import live, report_failure
from sandreckoner.tools.python.worker.enclose import Materials, enclose
from sandreckoner.tools.python.worker.names import prepare_names
from sandreckoner.tools.python.worker.program import Interpreter
from sandreckoner.tools.python.worker.repeat import Repeatable
from sandreckoner.tools.python.worker.tree import watch_over_branches
from sandreckoner.tools.python.worker.warm import freeze

_CAP = 1 << 20
_REFUSED, _BROKEN = 10, 11


def main(descriptor: int) -> NoReturn:
    """Serve the host on a control socket, until it closes."""
    control = socket.socket(fileno=descriptor)
    order = codec.receive(control, cap_bytes=_CAP)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the host
    Zygote(control, order).serve()


class Zygote:
    """See the module."""

    def __init__(self, control: socket.socket, order: Mapping[str, Any]) -> None:
        self._control = control
        self._limits = order["limits"]
        self._host = _watch_parent()
        self._repeatable = Repeatable(order["seed"], order["clock_s"])
        self._restrict = Walls.LANGUAGE not in Walls(order["without"])
        self._names = prepare_names(
            order["tier"], order["modules"], self._repeatable, restrict=self._restrict
        )
        asked = Walls.ALL & ~Walls(order["without"])
        self._spawned = random.randrange(1 << 20)  # so that the user ids of several zygotes hardly ever meet
        self._processes: namespaces.ProcessNamespaces | None = None
        readable = _readable_directories()
        rules = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in readable]
        null = os.open(os.devnull, os.O_RDWR)
        self._materials = Materials(
            Walls.NONE,
            self._limits["cpu_s"],
            self._limits["memory_bytes"] + _mapped_bytes(),
            null,
            user_ids=identity.user_ids(),  # while /proc is still there to say
        )
        standing = self._raise_namespaces(asked, readable)
        self._prepare_materials(asked & ~(Walls.MOUNTS | Walls.NETWORK | Walls.PIDS), rules)
        for rule in rules:
            os.close(rule)
        standing |= self._rehearse()
        self._materials.walls = standing
        freeze()
        if sys.platform == "linux":
            prctl(PR_SET_DUMPABLE, 0)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        codec.send(control, {"ready": True, "walls": standing.value})

    # What all children share.

    def _raise_namespaces(self, asked: Walls, readable: list[str]) -> Walls:
        if not asked & (Walls.MOUNTS | Walls.NETWORK | Walls.PIDS):
            return Walls.NONE
        try:
            self._own_user_if_needed(asked)
        except OSError:
            return Walls.NONE
        standing = Walls.NONE
        steps: list[tuple[Walls, Callable[[], None]]] = [
            (Walls.NETWORK, namespaces.own_network),
            (Walls.PIDS, self._open_process_namespaces),  # needs /proc, which the next step takes away
            (Walls.MOUNTS, lambda: namespaces.own_files(readable)),
        ]
        for wall, step in steps:
            if wall in asked:
                try:
                    step()
                except OSError:
                    continue
                standing |= wall
        return standing

    def _own_user_if_needed(self, asked: Walls) -> None:
        """Without the right to make namespaces, take it from a user namespace of our own."""
        if _can(namespaces.own_network):
            return
        namespaces.own_user()
        self._materials.mapped_root = True
        if Walls.PIDS in asked:
            # Only the first process of a namespace that we own may come back to it after each child.
            unshare(namespaces.NEW_PIDS)
            inner = os.fork()
            if inner:
                self._control.close()
                os.waitpid(inner, 0)
                os._exit(0)
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def _open_process_namespaces(self) -> None:
        processes = namespaces.ProcessNamespaces()
        processes.next_child()
        processes.back()
        self._processes = processes

    def _prepare_materials(self, asked: Walls, rules: list[int]) -> None:
        materials = self._materials
        if materials.mapped_root:
            materials.user_ids = range(0)
        if not materials.user_ids and not materials.mapped_root:
            asked &= ~Walls.IDENTITY
        if sys.platform != "linux" or not landlock.version():
            asked &= ~Walls.LANDLOCK
        elif Walls.LANDLOCK in asked:
            materials.ruleset = landlock.open_ruleset(rules)
        if not seccomp.supported():
            asked &= ~Walls.SECCOMP
        elif Walls.SECCOMP in asked:
            materials.plain_filter = seccomp.Filter()
            materials.forking_filter = seccomp.Filter(forks=True)
        materials.walls = asked

    def _rehearse(self) -> Walls:
        """Raise each wall by itself in a child, and see which stand."""
        asked, standing = self._materials.walls, Walls.NONE
        for wall in asked:
            self._materials.walls = wall
            here, there = socket.socketpair()
            if _can(partial(enclose, there.fileno(), self._materials, user_id=self._user_id(), forks=False)):
                standing |= wall
            here.close()
            there.close()
        return standing

    # Service.

    def serve(self) -> NoReturn:
        """Perform the host's requests until it goes away, then end; the kernel ends the children."""
        watched: list[Any] = [self._control, *([self._host] if self._host is not None else [])]
        while True:
            ready, _, _ = select.select(watched, [], [], None if self._host is not None else 1.0)
            if self._host in ready or (self._host is None and os.getppid() == 1):
                break
            if self._control not in ready:
                continue
            try:
                request, descriptors = codec.receive_with_descriptors(self._control, count=1, cap_bytes=_CAP)
            except (codec.Closed, codec.Garbled):
                break
            if request.get("op") != "spawn" or len(descriptors) != 1:
                break
            self._answer(request, descriptors[0])
        os._exit(0)

    def _answer(self, request: Mapping[str, Any], channel: int) -> None:
        try:
            process = self._spawn(channel, forks=bool(request["keep"]))
        except OSError as fault:
            codec.send(self._control, {"error": str(fault)})
        else:
            handle = _open_handle(process)
            codec.send(self._control, {"pid": process}, descriptors=handle)
            for descriptor in handle:
                os.close(descriptor)
        finally:
            os.close(channel)

    def _spawn(self, channel: int, *, forks: bool) -> int:
        self._spawned += 1
        if self._processes is not None:
            self._processes.next_child()
        process = os.fork()
        if process == 0:
            self._child(channel, forks=forks)
        if self._processes is not None:
            self._processes.back()
        return process

    def _child(self, channel: int, *, forks: bool) -> NoReturn:
        try:
            os.setsid()
            if forks and os.fork():
                watch_over_branches()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            permits = enclose(channel, self._materials, user_id=self._user_id(), forks=forks)
            channel = 3
            interpreter = Interpreter(
                self._names,
                output_bytes=self._limits["output_bytes"],
                restrict=self._restrict,
                channel=Channel(channel),
            )
            live(
                interpreter,
                permits,
                recursion=self._limits["recursion"],
                reseed=self._repeatable.reseed,
                forks=forks,
            )
        except BaseException as fault:  # nothing may unwind into the zygote's own code
            report_failure(channel, fault)
        finally:
            os._exit(1)

    def _user_id(self) -> int:
        ids = self._materials.user_ids
        return ids[self._spawned % len(ids)] if ids else 0


def _watch_parent() -> int | None:
    """A descriptor that becomes readable when the host ends, where there is such a thing."""
    try:
        return os.pidfd_open(os.getppid())
    except (AttributeError, OSError):
        return None


def _open_handle(process: int) -> list[int]:
    try:
        return [os.pidfd_open(process)]
    except (AttributeError, OSError):
        return []


def _can(step: Callable[[], object]) -> bool:
    """Whether the kernel grants a step, tried in a child."""
    child = os.fork()
    if child == 0:
        try:
            step()
        except OSError:
            os._exit(_REFUSED)
        finally:
            os._exit(0 if sys.exc_info()[0] is None else _BROKEN)
    answer = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if answer not in (0, _REFUSED):
        raise RuntimeError(f"the rehearsal of a wall ended with {answer}")
    return answer == 0


def _mapped_bytes() -> int:
    """Address space in use."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30


def _readable_directories() -> list[str]:
    """The interpreter's own files: what a late import of an allowed library, or a time zone, may need."""
    wanted = [os.path.dirname(os.__file__), *sys.path, "/usr/share/zoneinfo"]  # noqa: PTH120
    kept = {
        os.path.realpath(path)
        for path in wanted
        if path.endswith(("site-packages", "dist-packages", "lib-dynload"))
    }
    kept |= {os.path.realpath(path) for path in (wanted[0], wanted[-1])}
    roots = sorted(path for path in kept if Path(path).is_dir())
    return [path for path in roots if not any(path.startswith(f"{other}/") for other in roots)]
