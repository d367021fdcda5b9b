"""Stream the events of a run, the answer last; leaving the iterator early ends the run."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import copy_context

from sandreckoner.core.answer import Answer
from sandreckoner.core.trace import Event, Listener


class _Abandoned(Exception):
    """The consumer of a stream has gone; the run ends at its next event."""


def stream_events(run: Callable[[Listener], Answer]) -> Iterator[Event | Answer]:
    """Run in another thread, and yield the events as they happen.

    Args:
        run: performs the run, telling the listener that it is given; returns the answer.
    """
    arrived: queue.SimpleQueue[Event | Answer | BaseException] = queue.SimpleQueue()
    abandoned = threading.Event()

    def listen(event: Event) -> None:
        if abandoned.is_set():
            raise _Abandoned
        arrived.put(event)

    def work() -> None:
        try:
            arrived.put(run(listen))
        except BaseException as fault:  # passed to the consumer of the stream, which raises it
            arrived.put(fault)

    threading.Thread(target=copy_context().run, args=(work,), name="reckon-stream", daemon=True).start()
    try:
        while True:
            item = arrived.get()
            if isinstance(item, BaseException):
                raise item
            yield item
            if not isinstance(item, Event):
                return
    finally:
        abandoned.set()


async def astream_events(run: Callable[[Listener], Awaitable[Answer]]) -> AsyncIterator[Event | Answer]:
    """Yield the events of a run in an event loop; leaving early cancels the run."""
    arrived: asyncio.Queue[Event | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def listen(event: Event) -> None:
        loop.call_soon_threadsafe(arrived.put_nowait, event)

    task = asyncio.ensure_future(run(listen))
    task.add_done_callback(lambda _: arrived.put_nowait(None))
    try:
        while (event := await arrived.get()) is not None:
            yield event
        yield await task
    finally:
        task.cancel()
