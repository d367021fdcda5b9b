"""Which walls stand on this machine, found out by raising them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandreckoner.tools.python.plan import Limits
from sandreckoner.tools.python.sandbox import Sandbox
from sandreckoner.tools.python.walls import Walls

_NAMESPACES = (
    "needs root, or unprivileged user namespaces (sysctl user.max_user_namespaces; on Ubuntu "
    "kernel.apparmor_restrict_unprivileged_userns=0; in Docker --security-opt seccomp=unconfined)"
)
_MEANING: Mapping[Walls, tuple[str, str]] = {
    Walls.LANGUAGE: ("programs are compiled under a policy", "needs restrictedpython"),
    Walls.RLIMITS: ("CPU, memory, descriptors and processes are limited", "needs a Unix system"),
    Walls.IDENTITY: ("programs own nothing and have no capabilities", "needs root or user namespaces"),
    Walls.SECCOMP: ("the kernel allows a short list of system calls", "needs Linux 5.5 or later on x86_64"),
    Walls.LANDLOCK: ("no file is written, no secret read, no address reached", "needs Linux 5.13 or later"),
    Walls.MOUNTS: ("programs see the interpreter's directories only", _NAMESPACES),
    Walls.NETWORK: ("programs have no network", _NAMESPACES),
    Walls.PIDS: ("programs see no other process", _NAMESPACES),
}


@dataclass(frozen=True, slots=True)
class WallReport:
    """One wall.

    Attributes:
        wall: which.
        stands: whether it can be raised here.
        meaning: what it does, in words.
        advice: what it needs, where it does not stand; else empty.
    """

    wall: Walls
    stands: bool
    meaning: str
    advice: str = ""


def probe() -> tuple[WallReport, ...]:
    """Start a sandbox and look.

    Returns:
        Every wall, in the order in which a program would meet it.

    Raises:
        SandboxError: no sandbox can run here at all.
    """
    with Sandbox(Limits(), spares=0) as sandbox:
        standing = sandbox.walls
    return tuple(
        WallReport(wall, wall in standing, meaning, "" if wall in standing else advice)
        for wall, (meaning, advice) in _MEANING.items()
    )
