"""Resource limits of one process."""

from __future__ import annotations

import math
import os
import resource
from collections.abc import Iterable

DESCRIPTORS = 16

Limit = tuple[int, tuple[int, int]]
"""A kind of limit, and its soft and hard value."""


def limits(*, cpu_s: float | None, address_space_bytes: int | None, processes: int | None) -> list[Limit]:
    """The limits of a process, none above the one that stands in this one.

    Args:
        cpu_s: CPU seconds; None for no limit. A more exact clock than the kernel's ticks ends a program
            before: SIGXCPU comes a tenth and a second later, SIGKILL another second after that.
        address_space_bytes: for everything mapped, what is there already included; None for no limit.
        processes: how many its user may have; 0 forbids making another; None for no limit.
    """
    wanted = [
        _below(resource.RLIMIT_CORE, 0),
        _below(resource.RLIMIT_FSIZE, 0),
        _below(resource.RLIMIT_NOFILE, DESCRIPTORS),
        _below(resource.RLIMIT_MEMLOCK, 0),
    ]
    if cpu_s is not None:
        seconds = math.ceil(1.1 * cpu_s) + 1
        wanted.append(_below(resource.RLIMIT_CPU, seconds, seconds + 1))
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        wanted.append(_below(resource.RLIMIT_MSGQUEUE, 0))
    if processes is not None:
        wanted.append(_below(resource.RLIMIT_NPROC, processes))
    if address_space_bytes is not None:
        wanted.append(_below(resource.RLIMIT_AS, address_space_bytes))
    return wanted


def limit_resources(wanted: Iterable[Limit]) -> None:
    """Set limits that this process cannot raise again."""
    for kind, values in wanted:
        resource.setrlimit(kind, values)


def _below(kind: int, soft: int, hard: int | None = None) -> Limit:
    ceiling = resource.getrlimit(kind)[1]
    values = (soft, soft if hard is None else hard)
    if ceiling != resource.RLIM_INFINITY:
        values = (min(values[0], ceiling), min(values[1], ceiling))
    return kind, values


def be_the_first_to_go() -> None:
    """Where memory runs out, let the kernel end a program before anything else of the user's."""
    try:
        descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    except OSError:  # not Linux, or no /proc
        return
    os.write(descriptor, b"1000")
    os.close(descriptor)
