"""How many requests run at once, how many wait, and when one is sent away."""

from __future__ import annotations

import asyncio
import time

from sandreckoner.serve.api_error import ApiError

_MEMORY = 0.9  # of the mean duration, for `Retry-After`


class Admission:
    """A bounded queue before a bounded number of places.

    Attributes:
        going: requests that run.
        waiting: requests in the queue.
    """

    def __init__(self, at_once: int, queue: int) -> None:
        self._at_once, self._queue = at_once, queue
        self._places = asyncio.Semaphore(at_once)
        self._mean_s = 1.0
        self.going = self.waiting = 0

    async def enter(self) -> Place:
        """Wait for a place.

        Raises:
            ApiError: 429, the queue is full.
        """
        if self.going >= self._at_once and self.waiting >= self._queue:
            wait = max(1, round(self._mean_s * (1 + self.waiting / self._at_once)))
            raise ApiError(429, "too many requests at once; try again", code="busy", retry_after_s=wait)
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
        self.going += 1
        return Place(self)

    def leave(self, seconds: float) -> None:
        """Give a place back after so many seconds."""
        self.going -= 1
        self._mean_s = _MEMORY * self._mean_s + (1 - _MEMORY) * seconds
        self._places.release()


class Place:
    """A place that a request holds until `leave`, which may be called twice."""

    def __init__(self, admission: Admission) -> None:
        self._admission: Admission | None = admission
        self.started = time.monotonic()

    def leave(self) -> None:
        """Give it back."""
        if self._admission is not None:
            self._admission.leave(time.monotonic() - self.started)
            self._admission = None
