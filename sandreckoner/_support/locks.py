"""One process at a time, by a lock file that the system releases when its holder dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE_S = 0.1


@contextmanager
def locked(
    path: Path, *, timeout_s: float | None = 600.0, on_wait: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock file `path`.

    Args:
        path: made where it is missing; it stays.
        timeout_s: seconds until waiting is given up; None waits for ever.
        on_wait: called once where another process or thread holds it.

    Raises:
        TimeoutError: another holder had it for `timeout_s` seconds.
        OSError: the file cannot be made.
    """
    import filelock

    lock = filelock.FileLock(path)
    try:
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if on_wait:
                on_wait()
            lock.acquire(timeout=-1 if timeout_s is None else timeout_s, poll_interval=_PAUSE_S)
    except filelock.Timeout:
        raise TimeoutError(f"{path.name} was held by another process for {timeout_s:.0f} s") from None
    try:
        yield
    finally:
        lock.release()
