"""Program states as values: handles on live interpreters."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Sequence

from sandreckoner.core.errors import UsageError
from sandreckoner.tools.python.process import Process
from sandreckoner.tools.python.state_tree import StateTree


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


class LiveState:
    """A handle on a live interpreter; see `core.execution.State`."""

    def __init__(
        self, tree: StateTree, process: Process, gauge: Gauge, functions: Sequence[str] | None = None
    ) -> None:
        """Take hold of it.

        Args:
            tree: in use until it is freed.
            process: its own.
            gauge: has counted it.
            functions: those that its program may call, where it waits for a call to return; else None.
        """
        self.functions = functions or ()
        self.waiting = functions is not None
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
