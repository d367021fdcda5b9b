"""Giving up a call that blocks: it goes on in a thread of its own, and is told to stop."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sandreckoner.core.errors import ModelTimeout

T = TypeVar("T")

# Whether whoever asked has given up. A backend of ours looks at it while it generates.
GIVEN_UP: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("GIVEN_UP", default=None)


def given_up() -> bool:
    """Whether the call that this code serves is no longer wanted."""
    event = GIVEN_UP.get()
    return event is not None and event.is_set()


def interrupt(seconds: float) -> bool:
    """Sleep; returns whether the call was given up meanwhile."""
    stop = GIVEN_UP.get()
    if stop is not None:
        return stop.wait(seconds)
    time.sleep(seconds)
    return False


def call_within(timeout_s: float, call: Callable[[], T], name: str) -> T:
    """What `call` returns, unless it takes longer.

    It runs in a daemon thread, so that neither a slow server nor an interrupt can hold the process; after a
    time-out or an interrupt `given_up()` is true in it.

    Raises:
        ModelTimeout: `timeout_s` seconds went by.
    """
    stop = threading.Event()
    done = threading.Event()
    result: list[T] = []
    fault: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        GIVEN_UP.set(stop)
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
