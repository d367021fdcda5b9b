"""The chunks of a generation as they arrive, in a thread or in an event loop; leaving early stops it."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from sandreckoner.core.errors import ModelTimeout
from sandreckoner.llms.client.deadline import is_cancelled
from sandreckoner.llms.local.engine import Engine, Event, GenerationEnd

_WAKE_S = 0.05


def chunks(engine: Engine, request: dict[str, Any], timeout_s: float | None) -> Iterator[dict[str, Any]]:
    """The chunks of one request.

    Raises:
        ModelTimeout: `timeout_s` seconds went by.
        SandreckonerError: what the engine ended with.
    """
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    generation = engine.start(request, events.put)
    try:
        while not is_cancelled():
            if deadline is not None and time.monotonic() > deadline:
                raise _too_slow(timeout_s)
            try:
                event = events.get(timeout=_WAKE_S)
            except queue.Empty:
                continue
            if isinstance(event, GenerationEnd):
                _raise(event)
                return
            yield event
    finally:
        generation.stop.set()


async def achunks(
    engine: Engine, request: dict[str, Any], timeout_s: float | None
) -> AsyncIterator[dict[str, Any]]:
    """`chunks` for event loops."""
    events: asyncio.Queue[Event] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    deadline = None if timeout_s is None else loop.time() + timeout_s
    generation = engine.start(request, _emit_into(loop, events))
    try:
        while True:
            left = None if deadline is None else deadline - loop.time()
            event = await asyncio.wait_for(events.get(), left)
            if isinstance(event, GenerationEnd):
                _raise(event)
                return
            yield event
    except TimeoutError:
        raise _too_slow(timeout_s) from None
    finally:
        generation.stop.set()


def _emit_into(loop: asyncio.AbstractEventLoop, events: asyncio.Queue[Event]) -> Callable[[Event], None]:
    """Puts an event into an event loop's queue, from another thread."""

    def put(event: Event) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
            loop.call_soon_threadsafe(events.put_nowait, event)

    return put


def _raise(end: GenerationEnd) -> None:
    if end.error is not None:
        raise end.error


def _too_slow(timeout_s: float | None) -> ModelTimeout:
    return ModelTimeout(f"no reply within {timeout_s:g} seconds")
