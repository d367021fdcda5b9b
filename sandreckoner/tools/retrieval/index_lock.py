"""One process at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_PAUSE_S = 0.1


@contextmanager
def locked(path: Path, *, wait_s: float = 600.0, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock file `path`; the system lets go of it when the process ends, however it ends.

    Args:
        path: made where it is missing; it stays.
        wait_s: seconds until it is given up.
        on_wait: called once where another process holds it.

    Raises:
        TimeoutError: after `wait_s` seconds.
    """
    with path.open("ab") as file:
        end = time.monotonic() + wait_s
        told = False
        while not _try_lock(file):
            if on_wait and not told:
                on_wait()
            told = True
            if time.monotonic() > end:
                raise TimeoutError(f"{path.name} was held by another process for {wait_s:.0f} s")
            time.sleep(_PAUSE_S)
        yield


def _try_lock(file: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:
        return _try_lock_on_windows(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_lock_on_windows(file: IO[bytes]) -> bool:
    import msvcrt

    try:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
