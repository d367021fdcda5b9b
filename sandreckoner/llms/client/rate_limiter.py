"""The gate before a provider: how many requests may pass it at once, and how many in a minute."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from functools import cache

from sandreckoner.core.errors import ModelTimeout
from sandreckoner.llms.client.deadline import given_up, interrupt
from sandreckoner.llms.client.rate_window import Rate
from sandreckoner.settings.rate_limits import Limits

_WAKE_S = 0.05


@cache
def gate_of(provider: str, limits: Limits) -> RateLimiter:
    """The gate of a provider: one in this process, however many models pass it, for the account is one."""
    return RateLimiter(limits)


class RateLimiter:
    """Lets requests pass in the order in which they come, from threads and event loops alike."""

    def __init__(self, limits: Limits) -> None:
        self._rate = Rate(limits)
        self._paced = limits.requests_per_minute is not None or limits.tokens_per_minute is not None
        self._free = limits.at_once
        self._waiting: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those at once, for the length of a request and its pauses.

        Raises:
            ModelTimeout: whoever asked has given up.
        """
        place = self._ask()
        try:
            while place is not None:
                try:
                    place.result(timeout=_WAKE_S)
                    break
                except TimeoutError:
                    if given_up():
                        raise ModelTimeout("given up while it waited for its turn") from None
            yield
        finally:
            self._leave(place)

    @asynccontextmanager
    async def aplace(self) -> AsyncIterator[None]:
        """`place` for event loops."""
        place = self._ask()
        try:
            if place is not None:
                await asyncio.wrap_future(place)
            yield
        finally:
            self._leave(place)

    def wait(self, tokens: int) -> None:
        """Wait until a request of about so many tokens may be sent.

        Raises:
            ModelTimeout: whoever asked has given up.
        """
        if (left_s := self._book(tokens)) > 0 and interrupt(left_s):
            raise ModelTimeout("given up while it kept to the requests and tokens of a minute")

    async def await_turn(self, tokens: int) -> None:
        """`wait` for event loops."""
        if (left_s := self._book(tokens)) > 0:
            await asyncio.sleep(left_s)

    def correct(self, tokens: int) -> None:
        """Count what a reply took beyond what was expected of it."""
        with self._lock:
            self._rate.correct(tokens)

    def _book(self, tokens: int) -> float:
        if not self._paced:
            return 0.0
        with self._lock:
            now_s = time.monotonic()
            return self._rate.book(tokens, now_s) - now_s

    def _ask(self) -> Future[None] | None:
        """A place that is done once it may be taken; None where there are places without end."""
        if self._free is None:
            return None
        place: Future[None] = Future()
        with self._lock:
            if self._free > 0:
                self._free -= 1
                place.set_result(None)
            else:
                self._waiting.append(place)
        return place

    def _leave(self, place: Future[None] | None) -> None:
        """Hand a place on to the next, or leave the queue."""
        if place is None or self._free is None:
            return
        with self._lock:
            if place in self._waiting:
                self._waiting.remove(place)
                return
            while self._waiting:
                following = self._waiting.popleft()
                if following.set_running_or_notify_cancel():
                    following.set_result(None)
                    return
            self._free += 1
