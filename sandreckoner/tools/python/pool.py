"""What a sandbox has: a zygote for each tier, slots for programs that run, and a count of live states."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable

from sandreckoner.core.errors import SandboxError, UsageError
from sandreckoner.tools.python.codec import Closed, seconds_left
from sandreckoner.tools.python.plan import Plan, Tier
from sandreckoner.tools.python.walls import Walls
from sandreckoner.tools.python.zygote_client import Nest

# Who runs a program or two seldom needs science, and does not pay for its start.
_SEVERAL = 2
_BEHIND_S = 1.0
_END_S = 0.3

CLOSED = "this sandbox is closed; make a new one"


class Pool:
    """All tiers. Each starts when first needed, and `science` once several programs have run. Thread-safe."""

    def __init__(self, plan: Plan, spares: int) -> None:
        self._plan = plan
        self._spares = spares
        self._lock = threading.RLock()  # a sandbox may be freed, by the collector, within a call of ours
        self._nests: dict[Tier, Nest] = {}
        self._behind: threading.Timer | None = None
        self.closed = False
        self.owner = os.getpid()

    def nest(self, tier: Tier) -> Nest:
        """The nest of a tier, started where it is not yet, or no longer, there.

        Raises:
            SandboxError: the sandbox is closed or cannot start.
        """
        with self._lock:
            if self.closed:
                raise SandboxError(CLOSED)
            found = self._nests.get(tier)
            if found is not None and found.zygote.alive:
                if found.programs >= _SEVERAL and self._spares and self._behind is None:
                    self._behind = threading.Timer(_BEHIND_S, self._start_science)
                    self._behind.daemon = True
                    with contextlib.suppress(RuntimeError):
                        self._behind.start()
                return found
            nest = self._nests[tier] = Nest(tier, self._plan, self._spares)
        if found is not None:
            found.close()
        if self.closed:  # meanwhile
            nest.close()
            raise SandboxError(CLOSED)
        return nest

    def _start_science(self) -> None:
        # Where it cannot start, the program that needs it is told.
        with contextlib.suppress(SandboxError, OSError):
            self.nest("science")

    def walls(self) -> Walls:
        """The walls that stand, as a tier found them that has started; the standard one where none has."""
        with self._lock:
            started: Tier = next(iter(self._nests), "standard")
        return self.nest(started).zygote.wait_until_ready()

    def close(self) -> None:
        """End everything, within a second. Idempotent."""
        self.closed = True
        if self.owner != os.getpid():
            return  # after a fork of the host: they are another process's, and so may be the locks
        with self._lock:
            if self._behind is not None:
                self._behind.cancel()
            nests = list(self._nests.values())
            self._nests.clear()
        deadline = time.monotonic() + _END_S
        for nest in nests:
            nest.begin_to_close()
        for nest in nests:
            nest.close(deadline)


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
