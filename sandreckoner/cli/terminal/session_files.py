"""The files of sessions by their names, and the lock of the terminal that a session is open in."""

from __future__ import annotations

import datetime
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sandreckoner._support.user_folders import state_folder
from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from filelock import BaseFileLock

_NAME = re.compile(r"[\w][\w.-]{0,80}")


def _sessions_folder() -> Path:
    return state_folder() / "sessions"


def session_path(name: str) -> Path:
    """The file of a session, by its name.

    Raises:
        UsageError: the name would leave the folder, or is not valid.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"session: {name[:40]!r} is not a valid name; use letters, digits, - and _")
    return _sessions_folder() / f"{name}.jsonl"


def new_path(stem: str = "") -> Path:
    """The file of a new session: named by the time, or as another one with a number behind it."""
    stem = stem or datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
    names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(path for name in names if not (path := session_path(name)).exists())


def saved_sessions() -> list[Path]:
    """The files of all sessions, the last used first."""
    return sorted(_sessions_folder().glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)


def last_session() -> Path:
    """The session used last.

    Raises:
        UsageError: there is none.
    """
    found = saved_sessions()
    if not found:
        raise UsageError("no session is saved yet; `reckon` begins one")
    return found[0]


def own(path: Path) -> BaseFileLock | None:
    """Become the one terminal that writes a session; None where another one is.

    A folder that cannot be written has no other writer either: the lock is then held by name only.
    """
    import filelock

    lock = filelock.FileLock(path.with_name(f".{path.stem}.lock"))
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            return None
    return lock
