"""What programs leave behind on the machine: processes, descriptors, files, shared memory, mounts, memory."""

from __future__ import annotations

import contextlib
import gc
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.sandbox.processes import descendants

_WRITABLE = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/dev/mqueue")
_SANDBOX_IDS = (range(0x7000_0000, 0x7000_0000 + (1 << 20)), range(61184, 65184))


class Leftovers:
    """Watches every process below this one from its making on; counts what is there that was not before."""

    def __init__(self) -> None:
        self._seen: dict[int, str] = {}
        self._descriptors = _descriptors()
        self._objects = _objects()
        self._mounts = len(Path("/proc/self/mountinfo").read_text().splitlines())
        self._memory = _memory_bytes()
        self._over = threading.Event()
        self._looking = threading.Lock()  # looking opens files, which are not left over
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            with self._looking:
                for process in descendants(os.getpid()):
                    if process not in self._seen and (started := _started(process)):
                        self._seen[process] = started

    def close(self) -> None:
        """Stop watching."""
        self._over.set()

    def __str__(self) -> str:
        gc.collect()
        with self._looking:
            return self._counted()

    def _counted(self) -> str:
        alive = [process for process, started in self._seen.items() if _started(process) == started]
        mounts = len(Path("/proc/self/mountinfo").read_text().splitlines()) - self._mounts
        return ", ".join(
            (
                f"{len(alive)} of {len(self._seen)} processes seen",
                f"{_descriptors() - self._descriptors} descriptors",
                f"{len(set(_files()))} files",
                f"{_objects() - self._objects} System V objects",
                f"{mounts} mounts",
                f"{(_memory_bytes() - self._memory) / 2**20:+.1f} MB in the host",
            )
        )


def _started(process: int) -> str:
    """When a process began, in clock ticks: its id may be another's by now. Empty where it is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _objects() -> int:
    """System V queues, semaphores and shared memory, each file with a line of headings."""
    return sum(len(file.read_text().splitlines()) - 1 for file in Path("/proc/sysvipc").iterdir())


def _files() -> Iterator[str]:
    """Files that belong to a user whom only a sandbox can have been, wherever everybody may write."""
    pending = [*_WRITABLE]
    while pending:
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if any(status.st_uid in ids for ids in _SANDBOX_IDS):
                    yield entry.path
                if entry.is_dir(follow_symlinks=False) and status.st_mode & stat.S_IWOTH:
                    pending.append(entry.path)


def _memory_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
