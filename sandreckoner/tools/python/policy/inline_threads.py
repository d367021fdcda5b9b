"""`threading` and thread pools where there are no threads: what is started runs to its end at once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


class Thread:
    """`threading.Thread`: `start()` returns when the target has."""

    _numbers = itertools.count(1)

    def __init__(
        self, group: Any = None, target: Callable[..., Any] | None = None, name: str | None = None,
        args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, *, daemon: bool | None = None,
    ) -> None:  # fmt: skip
        self.name = name or f"Thread-{next(Thread._numbers)}"
        self.daemon = bool(daemon)
        self.ident: int | None = None
        self.native_id: int | None = None
        self._target, self._args, self._kwargs = target, tuple(args), dict(kwargs or {})

    def start(self) -> None:
        """Run it."""
        if self.ident is not None:
            raise RuntimeError("threads can only be started once")
        self.ident = id(self)
        try:
            self.run()
        except SystemExit:
            pass
        except Exception as fault:
            import sys
            import traceback

            sys.stderr.write(f"Exception in thread {self.name}:\n")
            traceback.print_exception(fault, file=sys.stderr)

    def run(self) -> None:
        """Call the target."""
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def join(self, timeout: float | None = None) -> None:
        """It has ended already."""
        if self.ident is None:
            raise RuntimeError("cannot join thread before it is started")

    def is_alive(self) -> bool:
        """Never, seen from outside."""
        return False

    def __repr__(self) -> str:
        return f"<Thread({self.name}, {'initial' if self.ident is None else 'stopped'})>"


class Timer(Thread):
    """`threading.Timer`: its time passes when it is started."""

    def __init__(
        self, interval: float, function: Callable[..., Any], args: Any = None, kwargs: Any = None
    ) -> None:
        super().__init__(target=function, args=args or (), kwargs=kwargs)
        self.interval = interval

    def cancel(self) -> None:
        """Too late."""


class _MainThread:
    name, daemon, ident, native_id = "MainThread", False, 1, 1

    def is_alive(self) -> bool:
        return True

    def __repr__(self) -> str:
        return "<_MainThread(MainThread, started 1)>"


_main = _MainThread()
THREADING: Mapping[str, Any] = {
    "Thread": Thread,
    "Timer": Timer,
    "current_thread": lambda: _main,
    "main_thread": lambda: _main,
    "active_count": lambda: 1,
    "enumerate": lambda: [_main],
    "get_ident": lambda: 1,
    "Lock": threading.Lock,
    "local": threading.local,
}


class Executor:
    """`ThreadPoolExecutor` and `ProcessPoolExecutor`: each call is done when it is submitted."""

    def __init__(self, max_workers: int | None = None, *args: Any, **options: Any) -> None:
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        self._open = True

    def submit(self, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Any:
        """Call it."""
        if not self._open:
            raise RuntimeError("cannot schedule new futures after shutdown")
        from concurrent.futures import Future

        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(function(*args, **keywords))
        except Exception as fault:
            future.set_exception(fault)
        return future

    def map(
        self, function: Callable[..., Any], *iterables: Iterable[Any], timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[Any]:  # fmt: skip
        """The results, in order."""
        futures = [self.submit(function, *args) for args in zip(*iterables, strict=False)]
        return (future.result() for future in futures)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """No more calls."""
        self._open = False

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *fault: Any) -> None:
        self.shutdown()


EXECUTORS: Mapping[str, Any] = {
    "ThreadPoolExecutor": Executor,
    "ProcessPoolExecutor": Executor,
    "Executor": Executor,
}
