"""Retries: a request is sent until it succeeds or the policy ends it, in a thread or an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, Retrying

from sandreckoner.core.errors import ModelTimeout, SandreckonerError
from sandreckoner.llms.client.deadline import is_cancelled, sleep_unless_cancelled
from sandreckoner.llms.client.error_mapping import explain
from sandreckoner.llms.client.rate_limiter import RateLimiter
from sandreckoner.llms.client.retry_policy import ONCE, Circuit, RetryPolicy
from sandreckoner.settings.rate_limits import Limits

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
        return explain(fault, self.name, self.secrets)

    def _stop(self, state: RetryCallState) -> bool:
        return state.attempt_number >= self.retry_policy.attempts or is_cancelled()

    def _sleep(self, seconds: float) -> None:
        if self.sleep(seconds):
            raise ModelTimeout(f"{self.name}: cancelled while it waited for a retry")
