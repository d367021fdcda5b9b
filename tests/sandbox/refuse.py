"""Plays an environment in which the kernel refuses some system calls.

    python -m tests.sandbox.refuse PROFILE COMMAND…

Containers, old kernels and hosted machines do. The calls answer with an error; the command runs under that
filter, and so does all that it starts.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

_CLONE_NAMESPACES = {272: errno.EPERM, 308: errno.EPERM}  # unshare, setns
_MOUNTS = {155: errno.EPERM, 165: errno.EPERM, 166: errno.EPERM}
_LANDLOCK = {444: errno.ENOSYS, 445: errno.ENOSYS, 446: errno.ENOSYS}
_PIDFD = {424: errno.ENOSYS, 434: errno.ENOSYS}
PROFILES = {
    "a container": _CLONE_NAMESPACES | _MOUNTS,
    "a container without landlock": _CLONE_NAMESPACES | _MOUNTS | _LANDLOCK,
    "no seccomp": {317: errno.ENOSYS},
    "no seccomp and no prctl": {317: errno.ENOSYS, 157: errno.EPERM},
    "no landlock": _LANDLOCK,
    "no pidfd": _PIDFD,
    "gVisor": {317: errno.ENOSYS, 272: errno.EPERM, 308: errno.EPERM} | _LANDLOCK | _PIDFD,
    "no limits": {302: errno.EPERM, 160: errno.EPERM},
}
"""By name: the calls of x86_64 that are refused, and with what."""


def refuse(calls: dict[int, int]) -> None:
    """Refuse system calls from now on, for this process and all that it starts."""
    lines = [(0x20, 0, 0, 0)]
    for number, error in calls.items():
        lines += [(0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | error)]
    lines.append((0x06, 0, 0, 0x7FFF0000))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = struct.pack("HxxxxxxQ", len(lines), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.syscall(317, 1, 0, program) < 0:
        raise OSError(ctypes.get_errno(), "seccomp")


if __name__ == "__main__":
    refuse(PROFILES[sys.argv[1]])
    os.execv(sys.argv[2], sys.argv[2:])
