"""Raises the walls around a process that has just been forked, in the one order that works."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field

from sandreckoner.tools.python.kernel import identity, landlock
from sandreckoner.tools.python.kernel.call import PR_SET_PDEATHSIG, prctl
from sandreckoner.tools.python.kernel.rlimits import limit_resources
from sandreckoner.tools.python.kernel.seccomp import Filter
from sandreckoner.tools.python.walls import Walls

_CHANNEL, _RULESET = 3, 4


@dataclass(slots=True)
class Materials:
    """What the zygote prepared once, for all its children.

    Attributes:
        walls: those to raise.
        cpu_s: limit of each process.
        address_space_bytes: limit of each process.
        null: descriptor of /dev/null.
        ruleset: Landlock's; None without it.
        plain_filter: for processes that never fork; None without seccomp.
        forking_filter: for those of a tree of states.
        user_ids: ids to take; empty where we are not root outside.
        mapped_root: whether we are root in a user namespace only.
    """

    walls: Walls
    cpu_s: float
    address_space_bytes: int
    null: int
    ruleset: int | None = None
    plain_filter: Filter | None = None
    forking_filter: Filter | None = None
    user_ids: range = field(default_factory=lambda: range(0))
    mapped_root: bool = False


def enclose(channel: int, materials: Materials, *, user_id: int, forks: bool) -> int:
    """Raise every wall of `materials.walls` around this process.

    Args:
        channel: its descriptor; it becomes number 3, and every other one is closed.
        materials: from the zygote.
        user_id: the id to take.
        forks: whether it is part of a tree of states.

    Returns:
        The descriptor of its fork permits; 0 where it cannot fork or needs none.
    """
    walls = materials.walls
    _keep_descriptors(channel, materials)
    if Walls.RLIMITS in walls:
        limit_resources(
            cpu_s=materials.cpu_s,
            address_space_bytes=materials.address_space_bytes,
            processes=_processes(materials, forks),
        )
    if Walls.IDENTITY in walls:
        if materials.mapped_root:
            identity.drop_capabilities()
        else:
            identity.become(user_id)
    if sys.platform == "linux":
        # After the change of user, which clears it.
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        identity.refuse_privileges()
    if Walls.LANDLOCK in walls:
        landlock.enter(_RULESET)
        os.close(_RULESET)
    if Walls.SECCOMP not in walls:
        return 0
    chosen = materials.forking_filter if forks else materials.plain_filter
    assert chosen is not None
    return chosen.install()


def _processes(materials: Materials, forks: bool) -> int | None:
    if not forks:
        return 0
    # The limit counts all processes of a user; only an id of our own makes it mean anything.
    return 512 if materials.user_ids else None


def _keep_descriptors(channel: int, materials: Materials) -> None:
    kept = [channel, materials.null]
    if materials.ruleset is not None:
        kept.append(materials.ruleset)
    # Out of the way first, so that no move below overwrites one that is still needed.
    high = [_duplicate(descriptor) for descriptor in kept]
    for standard in (0, 1, 2):
        os.dup2(high[1], standard)
    os.dup2(high[0], _CHANNEL)
    last = _CHANNEL
    if materials.ruleset is not None and Walls.LANDLOCK in materials.walls:
        os.dup2(high[2], _RULESET, inheritable=False)
        last = _RULESET
    os.closerange(last + 1, 1 << 16)


def _duplicate(descriptor: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10)
