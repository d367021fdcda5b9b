"""Sending a request, and sending it again: in a thread or in an event loop, by the same rules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sandreckoner.core.errors import ModelTimeout, SandreckonerError
from sandreckoner.llms.client.deadline import given_up, interrupt
from sandreckoner.llms.client.error_mapping import explain
from sandreckoner.llms.client.rate_limiter import RateLimiter
from sandreckoner.llms.client.retry_policy import ONCE, Circuit, RetryPolicy, jitter
from sandreckoner.settings.rate_limits import Limits

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempts:
    """Makes calls of one backend, with patience, and leaves it in peace where it is dead.

    Attributes:
        name: of the model, for errors.
        retry_policy: how often a call is made again.
        circuit: what is known of the server's health; shared by all who ask it.
        rate_limiter: which each attempt passes.
        secrets: what no error may tell.
    """

    name: str
    retry_policy: RetryPolicy = ONCE
    circuit: Circuit = field(default_factory=Circuit)
    rate_limiter: RateLimiter = field(default_factory=lambda: RateLimiter(Limits()))
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def make(self, call: Callable[[], T], tokens: int) -> T:
        """What `call` returns, after as many attempts as it takes.

        Args:
            call: sends the request.
            tokens: that it is expected to take.

        Raises:
            ModelError: the last fault, explained.
        """
        attempt = 0
        while True:
            attempt += 1
            self.circuit.check(self.name)
            self.rate_limiter.wait(tokens)
            try:
                result = call()
            except Exception as fault:
                pause_s = self._pause_after(fault, attempt)
            else:
                self.circuit.note(None)
                return result
            if interrupt(pause_s):
                raise ModelTimeout(f"{self.name}: given up while it waited to ask again")

    async def amake(self, call: Callable[[], Awaitable[T]], tokens: int) -> T:
        """`make` for event loops."""
        attempt = 0
        while True:
            attempt += 1
            self.circuit.check(self.name)
            await self.rate_limiter.await_turn(tokens)
            try:
                result = await call()
            except Exception as fault:
                pause_s = self._pause_after(fault, attempt)
            else:
                self.circuit.note(None)
                return result
            await asyncio.sleep(pause_s)

    def _pause_after(self, fault: Exception, attempt: int) -> float:
        self.circuit.note(fault)
        pause_s = self.retry_policy.pause_before_next(fault, attempt, jitter)
        if pause_s is None or given_up():
            raise self.explain(fault)  # it knows its cause
        return pause_s

    def explain(self, fault: Exception) -> SandreckonerError:
        """The error to raise for a fault of this backend."""
        return explain(fault, self.name, self.secrets)
