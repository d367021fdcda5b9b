"""Program states as values: handles on live interpreters, each a process in a tree of processes."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import weakref
from collections.abc import Collection, Iterator, Sequence

from sandreckoner.core.errors import UsageError
from sandreckoner.tools.python import codec
from sandreckoner.tools.python.codec import acquire
from sandreckoner.tools.python.converse import Clock
from sandreckoner.tools.python.kernel import others
from sandreckoner.tools.python.kernel.permit import Permits, new_permit
from sandreckoner.tools.python.pool import Gauge
from sandreckoner.tools.python.process import Process, greeted, pair
from sandreckoner.tools.python.zygote_client import Zygote

_LOAD_S = 30.0  # to import what a program names, which may be slower than the program's own limit
_FORK_S = 2.0  # for a state to be forked, on a busy machine, however little time its branch has
_NOTICE_S = 0.02


class StateTree:
    """Ends with the last of its processes that is in use; begins with one.

    Its states rest: the kernel gives them no processor but while they are forked. One fork at a time, so that
    a process which is neither the root nor in use is one that nobody asked for.
    """

    def __init__(self, zygote: Zygote, root: Process, permits: Permits | None, first: Process) -> None:
        self.zygote = zygote
        self._root = root
        self._permits = permits
        self._lock = threading.RLock()  # a state may be freed, by the collector, within a call of ours
        self._used = [first]
        self._entered = 0
        self._forking = threading.Lock()

    @property
    def ended(self) -> bool:
        """Whether its root is gone, which no program can end, and with it all its processes."""
        return self._root.ended(_NOTICE_S)  # the others go first

    def leave(self, process: Process) -> None:
        """End a process; the last one takes the tree with it."""
        process.close()
        with self._lock:
            self._used.remove(process)
            self._end_if_empty()

    def _end_if_empty(self) -> None:
        if self._used or self._entered:
            return
        self._root.close()
        permits, self._permits = self._permits, None
        if permits is not None:
            permits.close()

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        """It does not end meanwhile. Raises codec.Closed when it has."""
        with self._lock:
            if not self._used:
                raise codec.Closed
            self._entered += 1
        try:
            yield
        finally:
            with self._lock:
                self._entered -= 1
                self._end_if_empty()

    def fork(self, parent: Process, deadline: float) -> Process:
        """A copy of a state, in use until it leaves.

        Raises:
            codec.Late: other forks of the tree took all the time.
            codec.Closed: the state is gone, or did not answer, and has been ended.
            codec.Garbled: the state cannot be copied.
        """
        with self._kept(), parent.held():
            acquire(self._forking, deadline)
            try:
                branch = self._fork_awake(parent, max(deadline, time.monotonic() + _FORK_S))
                with self._lock:
                    self._used.append(branch)
                return branch
            finally:
                self._forking.release()

    def fork_with(self, parent: Process, libraries: Collection[str]) -> Process:
        """A copy of a state, in which some libraries are imported; raises as `fork`."""
        deadline = time.monotonic() + _LOAD_S
        copy = self.fork(parent, deadline)
        try:
            copy.send({"load": sorted(libraries)}, deadline)
            copy.receive(deadline, cap_bytes=4096)
            copy.rest()
        except BaseException:
            self.leave(copy)
            raise
        return copy

    def _fork_awake(self, parent: Process, deadline: float) -> Process:
        parent.wake()
        try:
            return self._copy(parent, deadline)
        except codec.Late:  # it does something else
            parent.kill()
            raise codec.Closed from None
        finally:
            parent.rest()

    def _copy(self, parent: Process, deadline: float) -> Process:
        permits = self._permits
        permit = new_permit() if permits is not None else 0
        here, there = pair(credentials=True)
        try:
            with there:
                parent.send({"op": "fork", "permit": permit}, deadline, descriptors=[there.fileno()])
            if permits is None:
                return self._greeted(here, deadline, parent)
            permits.grant(permit, parent.number, parent.handle, deadline)
            try:
                return self._greeted(here, deadline, parent)
            except BaseException as fault:
                self._end_strangers(parent, late=isinstance(fault, codec.Late))
                raise
        except BaseException:
            here.close()
            raise

    def _greeted(self, here: socket.socket, deadline: float, parent: Process) -> Process:
        branch, unexpected = greeted(here, deadline, parent.handle)
        codec.close_all(unexpected)
        with self._lock:
            known = [process.number for process in (self._root, *self._used) if process.number]
        if branch.number in known:  # the child hides, and another one speaks for it
            branch.close()
            raise codec.Closed
        return branch

    def _end_strangers(self, parent: Process, *, late: bool) -> None:
        """A fork was let through and its child has not come forward: end what nobody asked for."""
        if late:
            parent.kill()
            parent.ended(_FORK_S)
        with self._lock:
            known = [process.number for process in self._used]
        if self._root.number:
            others.end_strangers(self._root.number, known)


def plant(zygote: Zygote, deadline: float) -> tuple[StateTree, Process]:
    """A new tree and its first program's process, which is in use.

    Raises:
        codec.Closed, codec.Late, codec.Garbled: it could not be made.
    """
    here, there = pair(credentials=True)
    try:
        with there:
            root = Process(None, zygote.spawn(there, deadline, keep=True))
        try:
            process, descriptors = greeted(here, deadline, root.handle)
        except BaseException:
            root.close()
            raise
    except BaseException:
        here.close()
        raise
    return StateTree(zygote, root, Permits(descriptors[0]) if descriptors else None, process), process


class LiveState:
    """A handle on a live interpreter; see `core.execution.State`."""

    def __init__(
        self,
        tree: StateTree,
        process: Process,
        gauge: Gauge,
        *,
        libraries: frozenset[str],
        functions: Sequence[str] | None = None,
    ) -> None:
        """Take hold of it.

        Args:
            tree: in use until it is freed.
            process: its own.
            gauge: has counted it.
            libraries: that it has, of those that may come late.
            functions: those that its program may call, where it waits for a call to return; else None.
        """
        self.functions = functions or ()
        self.waiting = functions is not None
        self.tree = tree
        self.process = process
        self.libraries = libraries
        self.owner = os.getpid()
        self._free = weakref.finalize(self, _free, tree, process, gauge)

    def fork(self, libraries: frozenset[str], clock: Clock) -> Process:
        """A copy of it that has some libraries, in use until it leaves the tree; raises as `StateTree.fork`.

        Args:
            libraries: imported where it has them not.
            clock: of the program that wants the copy; it starts anew after that.
        """
        missing = libraries - self.libraries
        if not missing:
            return self.tree.fork(self.process, clock.deadline)
        richer = self.tree.fork_with(self.process, missing)
        try:
            clock.restart()
            return self.tree.fork(richer, clock.deadline)
        finally:
            self.tree.leave(richer)

    @property
    def closed(self) -> bool:
        """Whether it has been freed."""
        return not self._free.alive

    def close(self) -> None:
        """Free it now. Idempotent."""
        self._free()


def _free(tree: StateTree, process: Process, gauge: Gauge) -> None:
    if process.owner != os.getpid():
        return  # after a fork of the host: it is another process's, and a lock may have been held at the fork
    tree.leave(process)
    gauge.leave()


def usable(state: object, *, waiting: bool = False) -> LiveState:
    """The state, where a program can run from it, or with `waiting` where a call in it can return.

    Raises:
        UsageError: it is closed, or of the other kind, or not of this process, or not a live state at all.
    """
    if not isinstance(state, LiveState):
        raise UsageError(f"{type(state).__name__} is not a live program state of a sandbox")
    if state.closed:
        raise UsageError("this program state was closed; run its program again with keep=True")
    if state.owner != os.getpid():
        raise UsageError(
            "this program state belongs to another process; states do not survive a fork of the host"
        )
    if state.waiting != waiting:
        raise UsageError(
            "this program state waits for a call to return: Resume it"
            if state.waiting
            else "this program state waits for no call: Run something from it"
        )
    return state
