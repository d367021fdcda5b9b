"""Raises the walls around a process that has just been forked, in the one order that works."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, field

from sandreckoner.tools.python.kernel import identity, landlock, rlimits
from sandreckoner.tools.python.kernel.call import PR_SET_PDEATHSIG, prctl
from sandreckoner.tools.python.kernel.seccomp import Filter
from sandreckoner.tools.python.walls import Walls

_SIGKILL = 9
CHANNEL = 3
"""The descriptor on which an enclosed process speaks with the host; 0 to 2 are /dev/null, others closed."""


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


class Enclosure:
    """The walls of one kind of process, decided in the zygote: each page that a child writes to is copied."""

    def __init__(self, materials: Materials, *, forks: bool) -> None:
        """Decide.

        Args:
            materials: from the zygote.
            forks: whether it is for the processes of a tree of states.
        """
        walls = materials.walls
        self._null = materials.null
        self._limits: list[rlimits.Limit] = []
        if Walls.RLIMITS in walls:
            self._limits = rlimits.limits(
                # Forks cost a state CPU seconds of its own, without end. The host watches the clock of each
                # program that runs, and lets no state run that only waits.
                cpu_s=None if forks and sys.platform == "linux" else materials.cpu_s,
                address_space_bytes=materials.address_space_bytes,
                processes=_processes(materials, forks),
            )
        self._change_identity = Walls.IDENTITY in walls
        self._keep_user = materials.mapped_root or not materials.user_ids
        self._linux = sys.platform == "linux"
        self._ruleset = materials.ruleset if Walls.LANDLOCK in walls else None
        chosen = materials.forking_filter if forks else materials.plain_filter
        self._filter = chosen if Walls.SECCOMP in walls else None

    def enter(self, channel: int, user_id: int) -> int:
        """Raise the walls around this process.

        Args:
            channel: its descriptor; it becomes `CHANNEL`, and every other one is closed.
            user_id: the id to take.

        Returns:
            The descriptor of its fork permits; 0 where it cannot fork or needs none.
        """
        for standard in (0, 1, 2):
            os.dup2(self._null, standard)
        rlimits.limit_resources(self._limits)
        if self._change_identity:
            if self._keep_user:
                identity.drop_capabilities()
            else:
                identity.become(user_id)
        if self._linux:
            # After the change of user, which clears it.
            with contextlib.suppress(OSError):  # where an outer filter refuses it, the channel's end is left
                prctl(PR_SET_PDEATHSIG, _SIGKILL)
            identity.refuse_privileges()
        if self._ruleset is not None:
            landlock.enter(self._ruleset)
        os.dup2(channel, CHANNEL)
        os.closerange(CHANNEL + 1, 1 << 16)
        return self._filter.install() if self._filter is not None else 0


def _processes(materials: Materials, forks: bool) -> int | None:
    if not forks:
        return 0
    # The limit counts all processes of a user; only an id of our own makes it mean anything.
    return 512 if materials.user_ids else None
