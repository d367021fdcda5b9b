"""What the kernel says about other processes."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection
from pathlib import Path

_SCHEDULED = 2  # the kind of clock that counts what the scheduler gave, of all threads


def cpu_seconds(process: int) -> float:
    """CPU seconds that a process has used, to the nanosecond: ticks of the scheduler are some percent off.

    Raises:
        OSError: it is gone.
    """
    return time.clock_gettime(~process << 3 | _SCHEDULED)


def number_of(handle: int) -> int:
    """The process id behind a pidfd; 0 where it is gone, or where that cannot be known."""
    try:
        lines = Path(f"/proc/self/fdinfo/{handle}").read_text().split("\n")
    except OSError:
        return 0
    found = next((int(line[4:]) for line in lines if line.startswith("Pid:")), 0)
    return max(found, 0)


def runs(process: int) -> bool:
    """Whether a process wants the processor at this moment, rather than waiting for something."""
    return _fields(process)[:1] == ["R"]


def start_of(process: int) -> int:
    """When a process began, in ticks since the machine did; 0 where it is gone, or that cannot be known."""
    return int((_fields(process)[19:20] or ["0"])[0])


def end_strangers(leader: int, known: Collection[int]) -> None:
    """End the processes of a session that are not known; its leader goes on."""
    for name in os.listdir("/proc"):  # noqa: PTH208  # the names are enough
        if name.isdigit() and int(name) not in (leader, *known) and _session(int(name)) == leader:
            with contextlib.suppress(OSError):
                handle = os.pidfd_open(int(name))
                try:
                    if _session(int(name)) == leader:  # its number is not another's by now
                        signal.pidfd_send_signal(handle, signal.SIGKILL)
                finally:
                    os.close(handle)


def _session(process: int) -> int:
    return int((_fields(process)[3:4] or ["0"])[0])


def _fields(process: int) -> list[str]:
    """The fields of /proc/…/stat from the state on; none where the process is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
