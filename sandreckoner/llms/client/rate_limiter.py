"""Rate limits of a provider: how many requests at once, and how many requests and tokens in a minute."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache

from sandreckoner.core.errors import ModelTimeout
from sandreckoner.llms.client.deadline import is_cancelled, sleep_unless_cancelled
from sandreckoner.settings.prices_and_limits import Limits

_WAKE_S = 0.05


@cache
def shared_rate_limiter(provider: str, limits: Limits) -> RateLimiter:
    """The rate limiter of a provider: one in this process, however many models use it: the account is one."""
    return RateLimiter(limits)


class RateLimiter:
    """Admits requests in the order in which they come, from threads and event loops alike."""

    def __init__(self, limits: Limits) -> None:
        self._rate = SlidingWindow(limits)
        self._paced = limits.requests_per_minute is not None or limits.tokens_per_minute is not None
        self._free_slots = limits.at_once
        self._waiting: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the slots for concurrent requests, for the length of a request and its pauses.

        Raises:
            ModelTimeout: the caller has given up.
        """
        slot = self._request_slot()
        try:
            while slot is not None:
                try:
                    slot.result(timeout=_WAKE_S)
                    break
                except TimeoutError:
                    if is_cancelled():
                        raise ModelTimeout("cancelled while it waited for its turn") from None
            yield
        finally:
            self._release_slot(slot)

    @asynccontextmanager
    async def aslot(self) -> AsyncIterator[None]:
        """`slot` for event loops."""
        slot = self._request_slot()
        try:
            if slot is not None:
                await asyncio.wrap_future(slot)
            yield
        finally:
            self._release_slot(slot)

    def wait(self, tokens: int) -> None:
        """Wait until a request of about `tokens` tokens may be sent.

        Raises:
            ModelTimeout: the caller has given up.
        """
        if (left_s := self._reserve(tokens)) > 0 and sleep_unless_cancelled(left_s):
            raise ModelTimeout("cancelled while it waited for the rate limit")

    async def await_turn(self, tokens: int) -> None:
        """`wait` for event loops."""
        if (left_s := self._reserve(tokens)) > 0:
            await asyncio.sleep(left_s)

    def correct(self, tokens: int) -> None:
        """Count the tokens that a reply took beyond the estimate."""
        with self._lock:
            self._rate.correct(tokens)

    def _reserve(self, tokens: int) -> float:
        if not self._paced:
            return 0.0
        with self._lock:
            now_s = time.monotonic()
            return self._rate.reserve(tokens, now_s) - now_s

    def _request_slot(self) -> Future[None] | None:
        """A future that is done once the slot may be used; None where the number of slots is not limited."""
        if self._free_slots is None:
            return None
        slot: Future[None] = Future()
        with self._lock:
            if self._free_slots > 0:
                self._free_slots -= 1
                slot.set_result(None)
            else:
                self._waiting.append(slot)
        return slot

    def _release_slot(self, slot: Future[None] | None) -> None:
        """Hand a slot on to the next in the queue, or leave the queue."""
        if slot is None or self._free_slots is None:
            return
        with self._lock:
            if slot in self._waiting:
                self._waiting.remove(slot)
                return
            while self._waiting:
                following = self._waiting.popleft()
                if following.set_running_or_notify_cancel():
                    following.set_result(None)
                    return
            self._free_slots += 1


@dataclass(slots=True)
class _Reservation:
    start_s: float
    tokens: int


class SlidingWindow:
    """A sliding minute: reserves for each request, in order of asking, the earliest moment within the limits.

    Pure arithmetic on a clock; nothing waits here.
    """

    def __init__(self, limits: Limits, *, window_s: float = 60.0) -> None:
        self._limits = limits
        self._window_s = window_s
        self._reservations: deque[_Reservation] = deque()

    def reserve(self, tokens: int, now_s: float) -> float:
        """Reserve a request's place in time; returns the moment from which it may be sent.

        A request of more tokens than a minute has goes out when nothing else is left in its minute.

        Args:
            tokens: that it is expected to take.
            now_s: the moment of asking, on any clock that does not go back.
        """
        reservations, limits = self._reservations, self._limits
        while reservations and reservations[0].start_s <= now_s - self._window_s:
            reservations.popleft()
        start_s = max(now_s, reservations[-1].start_s) if reservations else now_s
        limit = limits.requests_per_minute
        if limit is not None and len(reservations) >= limit:
            start_s = max(start_s, reservations[-limit].start_s + self._window_s)
        if limits.tokens_per_minute is not None:
            recent = [one for one in reservations if one.start_s > start_s - self._window_s]
            total = sum(one.tokens for one in recent) + tokens
            for one in recent:
                if total <= limits.tokens_per_minute:
                    break
                start_s = max(start_s, one.start_s + self._window_s)
                total -= one.tokens
        reservations.append(_Reservation(start_s, tokens))
        return start_s

    def correct(self, tokens: int) -> None:
        """Add the tokens that a reply took beyond the estimate; negative where it took fewer."""
        if self._reservations:
            self._reservations[-1].tokens += tokens
