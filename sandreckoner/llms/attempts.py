"""Sending a request, and sending it again: in a thread or in an event loop, by the same rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sandreckoner.core.errors import ModelTimeout
from sandreckoner.llms.deadline import GIVEN_UP, given_up
from sandreckoner.llms.faults import explain
from sandreckoner.llms.patience import ONCE, Circuit, Patience, jitter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempts:
    """Makes calls of one backend, with patience, and leaves it in peace where it is dead.

    Attributes:
        name: of the model, for errors.
        patience: how often a call is made again.
        circuit: what is known of the server's health; shared by all who ask it.
    """

    name: str
    patience: Patience = ONCE
    circuit: Circuit = field(default_factory=Circuit)

    def make(self, call: Callable[[], T]) -> T:
        """What `call` returns, after as many attempts as it takes.

        Raises:
            ModelError: the last fault, explained.
        """
        attempt = 0
        while True:
            attempt += 1
            self.circuit.check(self.name)
            try:
                result = call()
            except Exception as fault:
                pause_s = self._pause_after(fault, attempt)
            else:
                self.circuit.note(None)
                return result
            if _wait(pause_s):
                raise ModelTimeout(f"{self.name}: given up while it waited to ask again")

    async def amake(self, call: Callable[[], Awaitable[T]]) -> T:
        """`make` for event loops."""
        attempt = 0
        while True:
            attempt += 1
            self.circuit.check(self.name)
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
        pause_s = self.patience.pause_before_next(fault, attempt, jitter)
        if pause_s is None or given_up():
            raise explain(fault, self.name) from fault
        return pause_s


def _wait(seconds: float) -> bool:
    """Sleep; returns whether the call was given up meanwhile."""
    stop = GIVEN_UP.get()
    if stop is not None:
        return stop.wait(seconds)
    time.sleep(seconds)
    return False
