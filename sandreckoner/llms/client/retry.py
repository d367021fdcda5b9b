"""When a failed call is made again, and when no more: retries by tenacity, and a circuit breaker."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, Retrying, wait_exponential, wait_random_exponential

from sandreckoner.core.errors import ModelTimeout, ModelUnavailable, SandreckonerError
from sandreckoner.llms.client.deadline import is_cancelled, sleep_unless_cancelled
from sandreckoner.llms.client.error_mapping import explain
from sandreckoner.llms.client.rate_limiter import RateLimiter
from sandreckoner.settings.prices_and_limits import Limits

_RETRYABLE_STATUS = {408, 409, 429, 500, 502, 503, 504, 529}
_MAX_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is retried, and after what pause.

    Retried are requests that never reached the server, and replies of 408, 409, 429 and 5xx; nothing else,
    for a plain 4xx fails the same way twice. `Retry-After` is honoured; without it the pause doubles, with
    jitter so that many clients do not come back at once.

    Attributes:
        attempts: in all; 1 for no retry.
        pause_s: seconds before the second attempt.
    """

    attempts: int = 5
    pause_s: float = 0.5

    def retries(self, state: RetryCallState) -> bool:
        """Whether the failure of an attempt may be followed by another.

        A server that asks for a pause of more than a minute is not waited for.
        """
        error = state.outcome.exception() if state.outcome else None
        return error is not None and _is_retryable(error) and (retry_after_s(error) or 0) <= _MAX_PAUSE_S

    def wait(self, state: RetryCallState) -> float:
        """Seconds until the next attempt: as the server asks, else the doubled pause with jitter."""
        error = state.outcome.exception() if state.outcome else None
        asked = None if error is None else retry_after_s(error)
        if asked is not None:
            return asked
        half, limit = self.pause_s / 2, _MAX_PAUSE_S / 2
        return (wait_exponential(half, limit) + wait_random_exponential(half, limit))(state)


ONCE = RetryPolicy(attempts=1)


def _is_retryable(fault: BaseException) -> bool:
    status = getattr(fault, "status_code", None)
    if status is not None:
        return status in _RETRYABLE_STATUS
    if isinstance(fault, RuntimeError) and "Event loop is closed" in str(fault):
        return True  # a connection kept from an earlier `asyncio.run`: the next attempt opens its own
    kinds = {kind.__name__ for kind in type(fault).__mro__}
    return bool(
        kinds & {"ConnectionError", "APIConnectionError", "ConnectError", "ModelConnectionError"}
    ) and not (kinds & {"APITimeoutError", "TimeoutException"})


def retry_after_s(fault: BaseException) -> float | None:
    """The seconds that the server asks to wait, where it does: a number or a date."""
    headers = getattr(getattr(fault, "response", None), "headers", None)
    value = headers.get("retry-after") if headers is not None else None
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


@dataclass(slots=True)
class Circuit:
    """A circuit breaker: after `limit` failures in a row, nothing is sent for `rest_s` seconds.

    Then one request may try; its failure opens the circuit again. Safe to use from several threads.
    """

    limit: int = 8
    rest_s: float = 30.0
    clock: Callable[[], float] = time.monotonic
    _failures: int = 0
    _open_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, name: str) -> None:
        """Refuse a request while the circuit is open.

        Raises:
            ModelUnavailable: it is.
        """
        with self._lock:
            left = self._open_until - self.clock()
            if left > 0:
                times = f"failed {self._failures} times in a row"
                raise ModelUnavailable(f"{name}: {times}; not asked for another {left:.0f} seconds")

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Count how a request ends."""
        try:
            yield
        except Exception as fault:
            self.note(fault)
            raise
        self.note(None)

    def note(self, fault: Exception | None) -> None:
        """Count a failure, or start again after a success. A plain 4xx is a reply: the server is alive."""
        with self._lock:
            if fault is None or not _is_retryable(fault):
                self._failures = 0
                return
            self._failures += 1
            if self._failures >= self.limit:
                self._open_until = self.clock() + self.rest_s


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryingClient:
    """Makes the calls of one backend: retried by a policy, rate-limited, refused while the circuit is open.

    Attributes:
        name: of the model, for errors.
        retry_policy: how often a call is made again.
        circuit: what is known of the server's health; shared by all who ask it.
        rate_limiter: which each attempt passes.
        secrets: keys that no error may show.
        sleep: pauses a thread; returns whether the call was cancelled meanwhile.
        asleep: pauses a task.
    """

    name: str
    retry_policy: RetryPolicy = ONCE
    circuit: Circuit = field(default_factory=Circuit)
    rate_limiter: RateLimiter = field(default_factory=lambda: RateLimiter(Limits()))
    secrets: tuple[str, ...] = field(default=(), repr=False)
    sleep: Callable[[float], bool] = sleep_unless_cancelled
    asleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def call(self, send: Callable[[], T], tokens: int) -> T:
        """What `send` returns, after as many attempts as it takes.

        Args:
            send: sends the request.
            tokens: that it is expected to take.

        Raises:
            ModelError: the last error, explained.
        """

        def attempt() -> T:
            self.circuit.check(self.name)
            self.rate_limiter.wait(tokens)
            with self.circuit.watch():
                return send()

        policy = self.retry_policy
        retrying = Retrying(
            retry=policy.retries, wait=policy.wait, stop=self._stop, sleep=self._sleep, reraise=True
        )
        try:
            return retrying(attempt)
        except Exception as fault:
            raise self.explain(fault)  # noqa: B904  # it knows its cause

    async def acall(self, send: Callable[[], Awaitable[T]], tokens: int) -> T:
        """`call` for event loops."""

        async def attempt() -> T:
            self.circuit.check(self.name)
            await self.rate_limiter.await_turn(tokens)
            with self.circuit.watch():
                return await send()

        policy = self.retry_policy
        retrying = AsyncRetrying(
            retry=policy.retries, wait=policy.wait, stop=self._stop, sleep=self.asleep, reraise=True
        )
        try:
            return await retrying(attempt)
        except Exception as fault:
            raise self.explain(fault)  # noqa: B904  # it knows its cause

    def explain(self, fault: Exception) -> SandreckonerError:
        """The error to raise for what this backend raised."""
        attempts = self.retry_policy.attempts if _is_retryable(fault) else 1
        return explain(fault, self.name, self.secrets, attempts=attempts)

    def _stop(self, state: RetryCallState) -> bool:
        return state.attempt_number >= self.retry_policy.attempts or is_cancelled()

    def _sleep(self, seconds: float) -> None:
        if self.sleep(seconds):
            raise ModelTimeout(f"{self.name}: cancelled while it waited for a retry")
