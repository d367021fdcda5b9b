"""Program states as values: handles on live interpreters, and the tree of processes behind them."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any

from sandreckoner.core.errors import SandboxError, UsageError
from sandreckoner.tools.python import codec
from sandreckoner.tools.python.kernel.permit import Permits
from sandreckoner.tools.python.process import Process, greeted, pair
from sandreckoner.tools.python.zygote import Zygote


class Gauge:
    """Counts the states that are alive in a sandbox."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.RLock()  # a state may be freed, by the collector, within a call of ours
        self.count = 0

    def enter(self) -> None:
        """One more. Raises UsageError at the limit."""
        with self._lock:
            if self.count >= self._most:
                raise UsageError(
                    f"{self.count} program states are alive, which is the limit; "
                    "let go of some, or raise Limits(states=…)"
                )
            self.count += 1

    def leave(self) -> None:
        """One less."""
        with self._lock:
            self.count -= 1


class Tree:
    """The processes that descend from one kept program. It ends with the last state."""

    def __init__(self, root: Process, permits: Permits | None) -> None:
        self._root = root
        self._permits = permits
        self._lock = threading.RLock()
        self._states = 0
        self.forking = threading.Lock()

    def enter(self) -> None:
        """One more of its processes is in use."""
        with self._lock:
            self._states += 1

    def leave(self) -> None:
        """One less; the last one takes the tree with it."""
        with self._lock:
            self._states -= 1
            if self._states:
                return
        self._root.close()
        if self._permits is not None:
            self._permits.close()

    def fork(self, parent: Process, deadline: float) -> Process:
        """A copy of a waiting process.

        Raises:
            codec.Closed, codec.Late, codec.Garbled: the parent is gone, or cannot be copied.
        """
        here, there = pair(credentials=True)
        try:
            with self.forking:
                with there:
                    codec.send(
                        parent.channel, {"op": "fork"}, descriptors=[there.fileno()], deadline=deadline
                    )
                if self._permits is not None and not self._permits.grant(codec.seconds_left(deadline) or 0):
                    raise codec.Closed
                branch, unexpected = greeted(here, deadline)
        except BaseException:
            here.close()
            raise
        for descriptor in unexpected:
            os.close(descriptor)
        return branch


def plant(zygote: Zygote, deadline: float) -> tuple[Tree, Process]:
    """A new tree and its first program's process.

    Raises:
        codec.Closed, codec.Late, codec.Garbled: it could not be made.
    """
    here, there = pair(credentials=True)
    try:
        with there:
            root = Process(*_guard(zygote, there))
        try:
            process, descriptors = greeted(here, deadline)
        except BaseException:
            root.close()
            raise
    except BaseException:
        here.close()
        raise
    return Tree(root, Permits(descriptors[0]) if descriptors else None), process


def _guard(zygote: Zygote, channel: Any) -> tuple[Any, int | None]:
    """The tree's first process has no channel of its own: a closed one stands in for it."""
    import socket

    return socket.socket(), zygote.spawn(channel, keep=True)


class LiveState:
    """A handle on a live interpreter; see `core.execution.State`."""

    def __init__(self, tree: Tree, process: Process, gauge: Gauge) -> None:
        self.tree = tree
        self.process = process
        self.owner = os.getpid()
        self._free = weakref.finalize(self, _free, tree, process, gauge)

    @property
    def closed(self) -> bool:
        """Whether it has been freed."""
        return not self._free.alive

    def close(self) -> None:
        """Free it now. Idempotent."""
        self._free()


def _free(tree: Tree, process: Process, gauge: Gauge) -> None:
    process.close()
    tree.leave()
    gauge.leave()


def usable(state: object) -> LiveState:
    """The state, where a program can run from it.

    Raises:
        UsageError: it is closed, or not of this process, or not a live state at all.
    """
    if not isinstance(state, LiveState):
        raise UsageError(f"{type(state).__name__} is not a live program state of a sandbox")
    if state.closed:
        raise UsageError("this program state was closed; run its program again with keep=True")
    if state.owner != os.getpid():
        raise UsageError(
            "this program state belongs to another process; states do not survive a fork of the host"
        )
    return state


__all__ = ["Gauge", "LiveState", "SandboxError", "Tree", "plant", "usable"]
