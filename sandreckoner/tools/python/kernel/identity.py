"""A user id of its own for each run, and no capabilities."""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path

from sandreckoner.tools.python.kernel.call import (
    PR_CAPBSET_DROP,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    prctl,
    syscall,
)

_CAPSET, _CAPABILITY_VERSION = 126, 0x20080522
# Above every account and above the ranges that systemd and containers hand out.
_HIGH_FIRST, _HIGH_COUNT = 0x7000_0000, 1 << 20
_LOW_FIRST, _LOW_COUNT = 61184, 4000


def user_ids() -> range:
    """Ids that nobody else uses, as far as this user namespace maps ids at all; empty unless we are root."""
    if os.geteuid() != 0:
        return range(0)
    try:
        lines = Path("/proc/self/uid_map").read_text().split("\n")
    except OSError:
        return range(0)
    spans = [tuple(map(int, line.split())) for line in lines if line.strip()]
    for first, count in ((_HIGH_FIRST, _HIGH_COUNT), (_LOW_FIRST, _LOW_COUNT)):
        if any(inside <= first and first + count <= inside + length for inside, _, length in spans):
            return range(first, first + count)
    return range(0)


def become(user_id: int) -> None:
    """Take a user and group id that own nothing; the way back is closed."""
    os.setgroups([])
    os.setresgid(user_id, user_id, user_id)
    os.setresuid(user_id, user_id, user_id)


def drop_capabilities() -> None:
    """Give up every capability, where we are root in a user namespace that maps one id only."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # the kernel knows no more of them
    syscall("capset", _CAPSET, struct.pack("Ii", _CAPABILITY_VERSION, 0), struct.pack("6I", *[0] * 6))


def refuse_privileges() -> None:
    """No program started from here can gain any, and no process of the same user can trace this one.

    Where an outer filter refuses this, the walls that need it fail by themselves, and are counted as missing.
    """
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_NO_NEW_PRIVS, 1)):
        with contextlib.suppress(OSError):
            prctl(option, value)
