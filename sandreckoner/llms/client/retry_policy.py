"""When a failed request is retried, and when a server is given a rest: the one owner of retries."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, wait_exponential, wait_random_exponential

from sandreckoner.core.errors import ModelUnavailable

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
