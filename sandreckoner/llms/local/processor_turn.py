"""Whose turn it is to compute, where several processes of this user have a model on the same processor.

Two models side by side on the same cores take longer than one after the other. So a process computes while it
holds one of as many lock files as models fit on the cores, and another waits for its turn: until a deadline,
after which they share the cores as they can.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandreckoner._support.user_folders import cache_folder

PATIENCE_S = 30.0  # for another process, once; who never gets a turn computes without one
_LOOK_S = 0.05


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ProcessorTurn:
    """The turn of one engine; its requests share it. Thread-safe."""

    def __init__(self, threads: int, *, patience_s: float = PATIENCE_S) -> None:
        """Take turns with the other processes.

        Args:
            threads: that this engine computes with.
            patience_s: seconds to wait for a turn.
        """
        self._places = max(1, cores() // threads)
        self._patience_s = patience_s
        self._mutex = threading.Lock()
        self._requests = 0
        self._held: Any = None

    @contextmanager
    def taken(self, stop: threading.Event) -> Iterator[bool]:
        """Compute inside; waits for a turn first, until the deadline or until `stop` is set.

        Yields:
            Whether this process has a turn.
        """
        has_turn = self._enter(stop)
        try:
            yield has_turn
        finally:
            if has_turn:
                self._leave()

    def _enter(self, stop: threading.Event) -> bool:
        deadline = time.monotonic() + self._patience_s
        while not stop.is_set():
            with self._mutex:
                if self._held is None:
                    self._held = self._free_place()
                if self._held is not None:
                    self._requests += 1
                    return True
            if time.monotonic() > deadline:
                self._patience_s = 0.0
                return False
            stop.wait(_LOOK_S)
        return False

    def _leave(self) -> None:
        with self._mutex:
            self._requests -= 1
            if not self._requests:
                self._held.release()
                self._held = None

    def _free_place(self) -> Any:
        """The lock of a place that nobody has; None where all are taken, or there can be no locks."""
        import filelock

        folder = cache_folder() / "turns"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for place in range(self._places):
                lock = filelock.FileLock(folder / f"{place}.lock", thread_local=False)
                try:
                    lock.acquire(timeout=0)
                except filelock.Timeout:
                    continue
                return lock
        except OSError:
            self._patience_s = 0.0  # a folder that cannot be written
        return None
