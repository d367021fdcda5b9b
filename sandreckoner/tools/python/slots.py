"""Places for programs that run at one time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sandreckoner.tools.python.waiting import Closed, seconds_left

_TURN_S = 0.5


class Slots:
    """A number of places. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._closed = False
        self._changed = threading.Condition()

    def acquire(self, deadline: float | None, unwanted: Callable[[], bool]) -> None:
        """Take a place, as soon as one is free.

        Args:
            deadline: on the monotonic clock. Without one, the deadlines of the programs that hold the places
                bound the wait.
            unwanted: whether nobody waits for the program any more; asked in each turn.

        Raises:
            Late: none became free before the deadline.
            Closed: the sandbox was closed, or the program is unwanted.
        """
        with self._changed:
            while not self._free or self._closed:
                if self._closed or unwanted():
                    raise Closed
                self._changed.wait(min(_TURN_S, seconds_left(deadline) or _TURN_S))
            self._free -= 1

    def release(self) -> None:
        """Give it back."""
        with self._changed:
            self._free += 1
            self._changed.notify()

    def close(self) -> None:
        """Nobody gets a place from now on; all who wait are woken."""
        self._closed = True
        if self._changed.acquire(timeout=_TURN_S):
            self._changed.notify_all()
            self._changed.release()
