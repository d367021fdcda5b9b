"""Retries by the clock's hands alone: the pauses are recorded, and nobody waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandreckoner.core.errors import ModelError, ModelTimeout
from sandreckoner.llms.client.retry import Circuit, RetryingClient, RetryPolicy


@dataclass
class Response:
    headers: dict[str, str]


@dataclass
class Refused(Exception):
    """An error as the clients of providers raise it."""

    status_code: int
    response: Response = field(default_factory=lambda: Response({}))


def asking(pause: str) -> Refused:
    return Refused(429, Response({"retry-after": pause}))


@dataclass
class Backend:
    """Raises the given errors in turn, then answers; records the pauses before each retry."""

    errors: list[Exception]
    pauses: list[float] = field(default_factory=list)
    cancelled: bool = False

    def send(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "reply"

    async def asend(self) -> str:
        return self.send()

    def sleep(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return self.cancelled

    async def asleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def call(self, way: str, policy: RetryPolicy) -> str:
        circuit = Circuit(limit=100)
        client = RetryingClient("it", policy, circuit, sleep=self.sleep, asleep=self.asleep)
        if way == "sync":
            return client.call(self.send, 0)
        return asyncio.run(client.acall(self.asend, 0))


@pytest.fixture(params=["sync", "async"])
def way(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_the_pause_is_the_one_that_the_server_asks_for(way: str) -> None:
    backend = Backend([asking("7"), asking("Thu, 01 Jan 1970 00:00:00 GMT"), asking("60")])
    assert backend.call(way, RetryPolicy()) == "reply"
    assert backend.pauses == [7, 0, 60]


def test_a_pause_of_more_than_a_minute_is_not_waited_for(way: str) -> None:
    backend = Backend([asking("61")])
    with pytest.raises(ModelError, match="too many requests"):
        backend.call(way, RetryPolicy())
    assert backend.pauses == []


def test_the_pause_doubles_with_jitter_up_to_a_minute(way: str) -> None:
    backend = Backend([Refused(503) for _ in range(9)])
    assert backend.call(way, RetryPolicy(attempts=10, pause_s=1)) == "reply"
    longest = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    for pause, limit in zip(backend.pauses, longest, strict=True):
        assert limit / 2 <= pause <= limit


def test_attempts_are_counted(way: str) -> None:
    backend = Backend([Refused(500) for _ in range(9)])
    with pytest.raises(ModelError):
        backend.call(way, RetryPolicy(attempts=3))
    assert len(backend.errors) == 6


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_plain_refusal_is_not_retried(way: str, status: int) -> None:
    backend = Backend([Refused(status)])
    with pytest.raises(ModelError):
        backend.call(way, RetryPolicy())
    assert backend.pauses == []


def test_a_connection_kept_from_a_loop_that_has_ended_is_not_the_servers_fault(way: str) -> None:
    backend = Backend([RuntimeError("Event loop is closed")])
    assert backend.call(way, RetryPolicy()) == "reply"
    with pytest.raises(ModelError, match="anything else"):
        Backend([RuntimeError("anything else")]).call(way, RetryPolicy())


def test_a_caller_that_gives_up_during_the_pause_gets_no_reply() -> None:
    backend = Backend([Refused(503)], cancelled=True)
    with pytest.raises(ModelTimeout, match="it: cancelled while it waited for a retry"):
        backend.call("sync", RetryPolicy())
