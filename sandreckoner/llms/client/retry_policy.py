"""When a request that failed is sent again, and when a server is left in peace: the one owner of retries."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sandreckoner.core.errors import ModelUnavailable

_AGAIN = {408, 409, 429, 500, 502, 503, 504, 529}
_LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is sent again, and after what pause.

    Sent again are requests that never reached the server, and replies of 408, 409, 429 and 5xx; nothing else,
    for a plain 4xx fails the same way twice. `Retry-After` is honoured; without it the pause doubles, with
    jitter so that many clients do not come back at once.

    Attributes:
        attempts: in all, 1 for none after the first.
        pause_s: seconds before the second attempt.
    """

    attempts: int = 5
    pause_s: float = 0.5

    def pause_before_next(self, fault: Exception, attempt: int, jitter: Callable[[], float]) -> float | None:
        """Seconds to wait after the `attempt`th failure, from 1; None where it is the last.

        A server that asks for more than a minute is not waited for.
        """
        if attempt >= self.attempts or not _may_be_sent_again(fault):
            return None
        asked = retry_after_s(fault)
        if asked is not None:
            return asked if asked <= _LONGEST_S else None
        longest: float = self.pause_s * 2.0 ** (attempt - 1)
        return min(_LONGEST_S, longest * (0.5 + 0.5 * jitter()))


ONCE = RetryPolicy(attempts=1)


def _may_be_sent_again(fault: Exception) -> bool:
    status = getattr(fault, "status_code", None)
    if status is not None:
        return status in _AGAIN
    if isinstance(fault, RuntimeError) and "Event loop is closed" in str(fault):
        return (
            True  # a client's kept connection from an earlier `asyncio.run`: the next attempt opens its own
        )
    kinds = {kind.__name__ for kind in type(fault).__mro__}
    return bool(
        kinds & {"ConnectionError", "APIConnectionError", "ConnectError", "ModelConnectionError"}
    ) and not (kinds & {"APITimeoutError", "TimeoutException"})


def retry_after_s(fault: Exception) -> float | None:
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
    """Stops asking a dead server: after `limit` failures in a row, nothing is sent for `rest_s` seconds.

    Then one request may try; its failure begins another rest. Safe to use from several threads.
    """

    limit: int = 8
    rest_s: float = 30.0
    clock: Callable[[], float] = time.monotonic
    _failures: int = 0
    _closed_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, name: str) -> None:
        """Raise where the server is left in peace.

        Raises:
            ModelUnavailable: it is.
        """
        with self._lock:
            left = self._closed_until - self.clock()
            if left > 0:
                raise ModelUnavailable(
                    f"{name}: failed {self._failures} times in a row; asked again in {left:.0f} seconds"
                )

    def note(self, fault: Exception | None) -> None:
        """Count a failure, or begin anew after a success. A plain 4xx is a reply: the server lives."""
        with self._lock:
            if fault is None or not _may_be_sent_again(fault):
                self._failures = 0
                return
            self._failures += 1
            if self._failures >= self.limit:
                self._closed_until = self.clock() + self.rest_s


def jitter() -> float:
    """Between 0 and 1; no result depends on it, so it takes no seed."""
    return random.random()
