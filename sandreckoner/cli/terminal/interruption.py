"""Ctrl-C ends a question as a spent budget does: the best answer so far is kept.

What the model has written until then is its reply, marked `cancelled`; a program on its way is ended; from
then on nothing more may be asked. The strategy concludes with what it has, and the journal is whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from sandreckoner.core.effects import Ask, Resume, Run
from sandreckoner.core.environment import Interpreter, Model, OnText
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.execution import Execution, ProgramError
from sandreckoner.core.message import Completion

T = TypeVar("T")
REASON = "you stopped it"


class Stop:
    """Whether the user asked to stop; races work against that."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        """End the question."""
        self._event.set()

    @property
    def pressed(self) -> bool:
        """Whether the user asked to stop."""
        return self._event.is_set()

    async def race(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of the work; None where the stop came first and the work was cancelled."""
        working = asyncio.ensure_future(work)
        waiting = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            waiting.cancel()
            if not working.done():
                working.cancel()
                await asyncio.wait({working}, timeout=2)


class StoppableModel:
    """A model that can be stopped in the middle of a reply. Performs `Ask`, in event loops."""

    def __init__(self, model: Model, stop: Stop) -> None:
        self._model = model
        self._stop = stop
        self.name = model.name

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        return self._model.ask(effect, timeout_s=timeout_s, on_text=on_text)

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """The reply, or as much of it as was written when the stop came.

        Raises:
            BudgetSpent: the stop came before a word was written.
        """
        if self._stop.pressed:
            raise BudgetSpent(REASON)
        written: list[str] = []

        def hear(text: str, /, *, thought: bool = False) -> None:
            if not thought:
                written.append(text)
            if on_text is not None:
                on_text(text, thought=thought)

        reply = await self._stop.race(self._model.aask(effect, timeout_s=timeout_s, on_text=hear))
        if reply is not None:
            return reply
        if not written:
            raise BudgetSpent(REASON)
        return (Completion("".join(written), finish="cancelled"),)


class StoppableInterpreter:
    """An interpreter whose programs can be stopped. Performs `Run`, in event loops."""

    def __init__(self, interpreter: Interpreter, stop: Stop) -> None:
        self._interpreter = interpreter
        self._stop = stop

    def perform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        return self._interpreter.perform(effect, timeout_s=timeout_s)

    async def aperform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        execution = await self._stop.race(self._interpreter.aperform(effect, timeout_s=timeout_s))
        return execution or Execution("timeout", error=ProgramError("Stopped", REASON))
