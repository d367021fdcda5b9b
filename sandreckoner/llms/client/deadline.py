"""A deadline for a call that blocks: it goes on in a thread of its own, which is signalled to stop."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sandreckoner.core.errors import ModelTimeout

T = TypeVar("T")

# Set once the caller has given up. Our own backends check it while they generate.
CANCELLED: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("CANCELLED", default=None)


def is_cancelled() -> bool:
    """Whether the caller of the call that this code serves has given up."""
    event = CANCELLED.get()
    return event is not None and event.is_set()


def sleep_unless_cancelled(seconds: float) -> bool:
    """Sleep; returns whether the call was cancelled meanwhile."""
    stop = CANCELLED.get()
    if stop is not None:
        return stop.wait(seconds)
    time.sleep(seconds)
    return False


def call_within(timeout_s: float, call: Callable[[], T], name: str) -> T:
    """Return what `call` returns, or raise at the deadline.

    It runs in a daemon thread, so that neither a slow server nor an interrupt can hold the process; after a
    time-out or an interrupt `is_cancelled()` is true in it.

    Raises:
        ModelTimeout: `timeout_s` seconds went by.
    """
    stop = threading.Event()
    done = threading.Event()
    result: list[T] = []
    fault: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        CANCELLED.set(stop)
        try:
            result.append(call())
        except BaseException as raised:  # carried over to the thread that waits
            fault.append(raised)
        finally:
            done.set()

    threading.Thread(target=context.run, args=(work,), name="reckon-ask", daemon=True).start()
    try:
        if not done.wait(timeout_s):
            raise ModelTimeout(f"{name}: no reply within {timeout_s:g} seconds")
    finally:
        stop.set()
    if fault:
        raise fault[0]
    return result[0]
