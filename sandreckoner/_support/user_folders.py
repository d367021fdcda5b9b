"""The user's folders, as the platform and the XDG variables say, and locks against other processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_APPLICATION = "sandreckoner"


def cache_folder() -> Path:
    """What can be fetched or computed again: weights, indexes of questions' documents."""
    from platformdirs import user_cache_path

    return user_cache_path(_APPLICATION, appauthor=False)


def config_folder() -> Path:
    """The user's settings."""
    from platformdirs import user_config_path

    return user_config_path(_APPLICATION, appauthor=False)


def data_folder() -> Path:
    """What the user made and wants to keep: indexes with a name."""
    from platformdirs import user_data_path

    return user_data_path(_APPLICATION, appauthor=False)


def state_folder() -> Path:
    """Sessions and the history of the input line."""
    from platformdirs import user_state_path

    return user_state_path(_APPLICATION, appauthor=False)


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
