"""`asyncio` without input and output: tasks, timers and locks over a loop that has nothing to listen to."""

from __future__ import annotations

import asyncio
import time
from asyncio import base_events
from collections.abc import Callable, Mapping
from typing import Any


class _NothingToHear:
    """In the place of a selector: waits for the next timer."""

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("every task waits for another one, or for input that will not come")
        time.sleep(max(timeout, 0))
        return []


class ComputingLoop(base_events.BaseEventLoop):
    """An event loop that opens no descriptor."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _NothingToHear()

    def _process_events(self, events: Any) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    async def run_in_executor(self, executor: Any, function: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """There are no threads: called at once."""
        return function(*args)


def run(main: Any, *, debug: bool | None = None, loop_factory: Any = None) -> Any:
    """`asyncio.run`."""
    with asyncio.Runner(debug=debug, loop_factory=ComputingLoop) as runner:
        return runner.run(main)


async def to_thread(function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Any:
    """`asyncio.to_thread`: there are no threads; called at once."""
    return function(*args, **keywords)


_own: list[ComputingLoop] = []


def get_event_loop() -> Any:
    """`asyncio.get_event_loop`."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        if not _own or _own[-1].is_closed():
            _own.append(ComputingLoop())
        return _own[-1]


def runner(*, debug: bool | None = None, loop_factory: Any = None) -> asyncio.Runner:
    """`asyncio.Runner`."""
    return asyncio.Runner(debug=debug, loop_factory=ComputingLoop)


ASYNCIO: Mapping[str, Any] = {
    "run": run,
    "Runner": runner,
    "to_thread": to_thread,
    "get_event_loop": get_event_loop,
    "new_event_loop": ComputingLoop,
    "set_event_loop": lambda loop: _own.append(loop),
}
