"""The one way in which the host waits for a process or a lock: with a deadline, and never past its end."""

from __future__ import annotations

import math
import select
import time
from typing import Protocol


class Closed(Exception):
    """The other side is gone."""


class Late(Exception):
    """The deadline went by."""


class Waitable(Protocol):
    """Anything with a descriptor."""

    def fileno(self) -> int:
        """Its descriptor; -1 once it is closed."""
        ...


class Deadline(Protocol):
    """A deadline that may come nearer or move away as one looks at it."""

    def seconds_left(self) -> float:
        """Seconds after which to look again, more than 0. Raises Late when it has gone by."""
        ...


class Lock(Protocol):
    """A lock of `threading`."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; False when the time is over."""
        ...


def wait(
    awaited: Waitable | int, events: int, deadline: float | Deadline | None, peer: int | None = None
) -> int:
    """Wait until a descriptor is ready, or until the other side has hung up.

    Args:
        awaited: what is read or written next.
        events: select.POLLIN or select.POLLOUT.
        deadline: on the monotonic clock; None waits for ever.
        peer: pidfd of the process on the other side. Its end ends the wait even where another process still
            holds the far end of the descriptor.

    Returns:
        The events of poll: `events`, POLLHUP, POLLERR, POLLNVAL.

    Raises:
        Late: the deadline went by.
        Closed: the descriptor is closed, or the peer has ended and left nothing to read.
    """
    number = awaited if isinstance(awaited, int) else awaited.fileno()
    if number < 0:
        raise Closed
    watched = select.poll()
    watched.register(number, events)
    if peer is not None and peer >= 0:
        watched.register(peer, select.POLLIN)
    while True:
        left_s = seconds_left(deadline)
        ready = dict(watched.poll(None if left_s is None else math.ceil(left_s * 1000)))
        if number in ready:
            return ready[number]
        if ready:  # the peer has ended; its last words may have arrived between the two looks
            watched.unregister(*ready)
            last = dict(watched.poll(0))
            if not last:
                raise Closed
            return last[number]


def seconds_left(deadline: float | Deadline | None) -> float | None:
    """Seconds until a deadline on the monotonic clock, None without one. Raises Late when it has gone by."""
    if deadline is None:
        return None
    if not isinstance(deadline, int | float):
        return deadline.seconds_left()
    left = deadline - time.monotonic()
    if left <= 0:
        raise Late
    return left


def acquire(lock: Lock, deadline: float) -> None:
    """Take a lock that another thread will give back. Raises Late."""
    if not lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
        raise Late
