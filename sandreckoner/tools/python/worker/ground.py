"""What all children of a zygote share: its namespaces, and the materials of the walls around each of them."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from sandreckoner.tools.python.kernel import identity, landlock, namespaces, seccomp
from sandreckoner.tools.python.kernel.call import PR_SET_PDEATHSIG, fork, prctl, unshare
from sandreckoner.tools.python.walls import Walls
from sandreckoner.tools.python.worker.enclose import Enclosure, Materials

_REFUSED, _BROKEN = 10, 11
_NAMESPACES = Walls.MOUNTS | Walls.NETWORK | Walls.PIDS
_SIGKILL = 9


class Ground:
    """Raised once, in the zygote; says which walls stand on this machine.

    Attributes:
        walls: those that stand, the language left aside.
        processes: makes process namespaces; None without them.
    """

    def __init__(self, asked: Walls, control: socket.socket, *, cpu_s: float, memory_bytes: int) -> None:
        """Raise the namespaces, prepare the rest, and try it.

        Args:
            asked: walls to raise where this machine can.
            control: the zygote's socket to the host.
            cpu_s: limit of each child.
            memory_bytes: what each child may add to the address space of the zygote.
        """
        self._control = control
        self.processes: namespaces.ProcessNamespaces | None = None
        readable = _readable_directories()
        rules = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in readable]
        self._materials = Materials(
            Walls.NONE,
            cpu_s,
            memory_bytes + _mapped_bytes(),
            os.open(os.devnull, os.O_RDWR),
            user_ids=identity.user_ids(),  # while /proc is still there to say
        )
        standing = self._raise_namespaces(asked & _NAMESPACES, readable)
        self._prepare_materials(asked & ~_NAMESPACES, rules)
        for rule in rules:
            os.close(rule)
        self._materials.walls = self._rehearse()
        self.walls = standing | self._materials.walls

    def enclosure(self, *, forks: bool) -> Enclosure:
        """The walls around a child, of a tree of states or of a single program."""
        return Enclosure(self._materials, forks=forks)

    def user_id(self, turn: int) -> int:
        """The user id of a child, another one for each `turn`."""
        ids = self._materials.user_ids
        return ids[turn % len(ids)] if ids else 0

    def _raise_namespaces(self, asked: Walls, readable: list[str]) -> Walls:
        standing = Walls.NONE
        if not asked:
            return standing
        try:
            self._own_user_if_needed(asked)
        except OSError:
            return standing
        steps: list[tuple[Walls, Callable[[], None]]] = [
            (Walls.NETWORK, namespaces.own_network),
            (Walls.PIDS, self._open_process_namespaces),  # needs /proc, which the next step takes away
            (Walls.MOUNTS, lambda: namespaces.own_files(readable)),
        ]
        for wall, step in steps:
            if wall in asked:
                try:
                    step()
                except OSError:
                    continue
                standing |= wall
        return standing

    def _own_user_if_needed(self, asked: Walls) -> None:
        """Without the right to make namespaces, take it from a user namespace of our own."""
        if _can(namespaces.own_network):
            return
        namespaces.own_user()
        self._materials.mapped_root = True
        if Walls.PIDS in asked:
            # Only the first process of a namespace that we own may come back to it after each child.
            unshare(namespaces.NEW_PIDS)
            inner = fork()
            if inner:
                self._control.close()
                os.waitpid(inner, 0)
                os._exit(0)
            prctl(PR_SET_PDEATHSIG, _SIGKILL)

    def _open_process_namespaces(self) -> None:
        processes = namespaces.ProcessNamespaces()
        processes.next_child()
        processes.back()
        self.processes = processes

    def _prepare_materials(self, asked: Walls, rules: list[int]) -> None:
        materials = self._materials
        if materials.mapped_root:
            materials.user_ids = range(0)
        if not materials.user_ids and not materials.mapped_root:
            asked &= ~Walls.IDENTITY
        if sys.platform != "linux" or not landlock.version():
            asked &= ~Walls.LANDLOCK
        elif Walls.LANDLOCK in asked:
            materials.ruleset = landlock.open_ruleset(rules)
        if not seccomp.supported():
            asked &= ~Walls.SECCOMP
        elif Walls.SECCOMP in asked:
            materials.plain_filter = seccomp.Filter()
            materials.forking_filter = seccomp.Filter(forks=True)
        materials.walls = asked

    def _rehearse(self) -> Walls:
        """Raise each wall by itself in a child, and see which stand."""
        asked, standing = self._materials.walls, Walls.NONE
        for wall in asked:
            self._materials.walls = wall
            enclosure = self.enclosure(forks=False)
            here, there = socket.socketpair()
            with here, there:
                if _can(lambda: enclosure.enter(there.fileno(), self.user_id(0))):  # noqa: B023  # called at once
                    standing |= wall
        return standing


def _can(step: Callable[[], object]) -> bool:
    """Whether the kernel grants a step, tried in a child."""
    child = fork()
    if child == 0:
        try:
            step()
        except OSError:
            os._exit(_REFUSED)
        finally:
            os._exit(0 if sys.exc_info()[0] is None else _BROKEN)
    answer = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if answer not in (0, _REFUSED):
        raise RuntimeError(f"the rehearsal of a wall ended with {answer}")
    return answer == 0


def _mapped_bytes() -> int:
    """Address space in use."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30


def _readable_directories() -> list[str]:
    """The interpreter's own files: what a late import of an allowed library, or a time zone, may need."""
    wanted = [os.path.dirname(os.__file__), *sys.path, "/usr/share/zoneinfo"]  # noqa: PTH120
    kept = {
        os.path.realpath(path)
        for path in wanted
        if path.endswith(("site-packages", "dist-packages", "lib-dynload"))
    }
    kept |= {os.path.realpath(path) for path in (wanted[0], wanted[-1])}
    roots = sorted(path for path in kept if Path(path).is_dir())
    return [path for path in roots if not any(path.startswith(f"{other}/") for other in roots)]
