"""The walls between a program and the machine."""

from __future__ import annotations

from enum import Flag, auto


class Walls(Flag):
    """What stands between a program and the machine; members combine with `|`."""

    NONE = 0
    LANGUAGE = auto()
    """RestrictedPython under our policy, and module facades."""
    RLIMITS = auto()
    """CPU, memory, descriptors and processes, as limits that the process cannot raise."""
    IDENTITY = auto()
    """A user id that owns nothing, or no capabilities at all; no new privileges."""
    SECCOMP = auto()
    """An allow-list of system calls."""
    LANDLOCK = auto()
    """Only the interpreter's own files can be read; no file can be written, no address reached."""
    MOUNTS = auto()
    """A file system of its own, which holds the interpreter's directories, read-only, and nothing else."""
    NETWORK = auto()
    """A network, host name and System V objects of its own, all empty."""
    PIDS = auto()
    """A process namespace of its own: it sees nobody, and all its processes end with the first."""

    KERNEL = SECCOMP | LANDLOCK
    """What contains a program even where it has got past the language."""
    ALL = LANGUAGE | RLIMITS | IDENTITY | SECCOMP | LANDLOCK | MOUNTS | NETWORK | PIDS

    @property
    def names(self) -> list[str]:
        """Its members in words, outermost last."""
        return [str(wall.name).lower() for wall in self]
