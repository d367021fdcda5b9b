"""Resource limits of one process."""

from __future__ import annotations

import math
import resource

DESCRIPTORS = 16


def limit_resources(*, cpu_s: float, address_space_bytes: int | None, processes: int | None) -> None:
    """Set limits that the process cannot raise again.

    Args:
        cpu_s: CPU seconds until SIGXCPU; SIGKILL follows a second later. Whole seconds, rounded up.
        address_space_bytes: for everything mapped, what is there already included; None for no limit.
        processes: how many its user may have; 0 forbids making another; None for no limit.
    """
    seconds = math.ceil(cpu_s)
    _lower(resource.RLIMIT_CPU, seconds, seconds + 1)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, DESCRIPTORS)
    _lower(resource.RLIMIT_MEMLOCK, 0)
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        _lower(resource.RLIMIT_MSGQUEUE, 0)
    if processes is not None:
        _lower(resource.RLIMIT_NPROC, processes)
    if address_space_bytes is not None:
        _lower(resource.RLIMIT_AS, address_space_bytes)


def _lower(kind: int, soft: int, hard: int | None = None) -> None:
    """Set a limit, never above the one that stands."""
    ceiling = resource.getrlimit(kind)[1]
    wanted = [soft, soft if hard is None else hard]
    if ceiling != resource.RLIM_INFINITY:
        wanted = [min(limit, ceiling) for limit in wanted]
    resource.setrlimit(kind, (wanted[0], wanted[1]))
