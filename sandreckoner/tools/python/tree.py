"""The processes that descend from one kept program."""

from __future__ import annotations

import os
import threading

from sandreckoner.tools.python import codec
from sandreckoner.tools.python.kernel.permit import Permits
from sandreckoner.tools.python.process import Process, greeted, pair
from sandreckoner.tools.python.zygote import Zygote


class Tree:
    """Ends with the last of its processes that is in use."""

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
                left_s = codec.seconds_left(deadline) or 0.0
                if self._permits is not None and not self._permits.grant(parent.number, left_s):
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
            root = Process(None, zygote.spawn(there, keep=True))
        try:
            process, descriptors = greeted(here, deadline)
        except BaseException:
            root.close()
            raise
    except BaseException:
        here.close()
        raise
    return Tree(root, Permits(descriptors[0]) if descriptors else None), process
