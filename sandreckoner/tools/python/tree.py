"""The processes that descend from one kept program."""

from __future__ import annotations

import threading

from sandreckoner.tools.python import codec
from sandreckoner.tools.python.kernel.permit import Permits
from sandreckoner.tools.python.process import Process, greeted, pair
from sandreckoner.tools.python.waiting import acquire
from sandreckoner.tools.python.zygote import Zygote


class Tree:
    """Ends with the last of its processes that is in use; begins with one."""

    def __init__(self, zygote: Zygote, root: Process, permits: Permits | None) -> None:
        self.zygote = zygote
        self._root = root
        self._permits = permits
        self._lock = threading.RLock()  # a state may be freed, by the collector, within a call of ours
        self._states = 1
        self._forking = threading.Lock()

    def _enter(self) -> None:
        """One more of its processes is in use. Raises codec.Closed when it has ended."""
        with self._lock:
            if not self._states:
                raise codec.Closed
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
        """A copy of a waiting process, in use until one more `leave`.

        Raises:
            codec.Closed, codec.Late, codec.Garbled: the parent is gone, or cannot be copied.
        """
        self._enter()
        try:
            with parent.held():
                acquire(self._forking, deadline)
                try:
                    return self._copy(parent, deadline)
                finally:
                    self._forking.release()
        except BaseException:
            self.leave()
            raise

    def _copy(self, parent: Process, deadline: float) -> Process:
        here, there = pair(credentials=True)
        try:
            with there:
                parent.send({"op": "fork"}, deadline, descriptors=[there.fileno()])
            if self._permits is not None:
                self._permits.grant(parent.number, parent.handle, deadline)
            branch, unexpected = greeted(here, deadline, parent.handle)
        except BaseException:
            here.close()
            raise
        codec.close_all(unexpected)
        return branch


def plant(zygote: Zygote, deadline: float) -> tuple[Tree, Process]:
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
    return Tree(zygote, root, Permits(descriptors[0]) if descriptors else None), process
