"""What all children of a zygote share: its namespaces, and the materials of the walls around each of them."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from sandreckoner.tools.python.kernel import identity, landlock, namespaces, rlimits, seccomp
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
        aliases = _readable_directories()
        readable = sorted(set(aliases.values()))
        rules = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in readable]
        self._materials = Materials(
            Walls.NONE,
            cpu_s,
            memory_bytes + _mapped_bytes(),
            os.open(os.devnull, os.O_RDWR),
            user_ids=identity.user_ids(),  # while /proc is still there to say
        )
        standing = self._raise_namespaces(asked & _NAMESPACES, aliases)
        self._prepare_materials(asked & ~_NAMESPACES, rules)
        self._keep_user_if_needed(readable)
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

    def _raise_namespaces(self, asked: Walls, readable: dict[str, str]) -> Walls:
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
        if not _can(namespaces.own_network):
            namespaces.own_user()
            self._materials.mapped_root = True
        elif os.geteuid() == 0 and not self._materials.user_ids:
            self._materials.mapped_root = True  # root of somebody else's user namespace, of one id
        # Tried in a child: a step that fails half-way would leave us unable to make any process.
        if Walls.PIDS in asked and not _can(self._open_process_namespaces):
            self._own_processes()

    def _own_processes(self) -> None:
        """Go on as the first process of a namespace: only there may we come back to it after each child."""
        unshare(namespaces.NEW_PIDS)
        inner = fork()
        if inner:
            self._control.close()
            os.waitpid(inner, 0)
            os._exit(0)
        with contextlib.suppress(OSError):
            prctl(PR_SET_PDEATHSIG, _SIGKILL)

    def _open_process_namespaces(self) -> None:
        processes = namespaces.ProcessNamespaces()
        processes.next_child()
        processes.back()
        self.processes = processes

    def _keep_user_if_needed(self, readable: list[str]) -> None:
        """Where no other user can read the interpreter's files, give up the capabilities alone."""

        def read() -> None:
            identity.become(self.user_id(0))
            for path in readable:
                os.listdir(path)  # noqa: PTH208  # whether it can be done is what we want to know
            Path(os.__file__).stat()

        if self._materials.user_ids and not _can(read):
            self._materials.user_ids = range(0)
            self._materials.mapped_root = True

    def _prepare_materials(self, asked: Walls, rules: list[int]) -> None:
        materials = self._materials
        if not _can(lambda: rlimits.limits(cpu_s=1, address_space_bytes=1 << 40, processes=0)):
            asked &= ~Walls.RLIMITS  # an outer filter refuses to say what stands
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


def _readable_directories() -> dict[str, str]:
    """The interpreter's own files: what a late import of an allowed library, or a time zone, may need.

    Returns:
        Each directory by the names that it is found under: uv's and pyenv's interpreters lie behind links.
    """
    wanted = [os.path.dirname(os.__file__), *sys.path, "/usr/share/zoneinfo"]  # noqa: PTH120
    named = [
        os.path.abspath(path)  # noqa: PTH100  # which follows no link
        for path in wanted
        if path in (wanted[0], wanted[-1]) or path.endswith(("site-packages", "dist-packages", "lib-dynload"))
    ]
    found = {path: os.path.realpath(path) for path in named if Path(path).is_dir()}
    found |= {real: real for real in found.values()}
    return {
        path: real
        for path, real in sorted(found.items())
        if not any(path.startswith(f"{other}/") and real.startswith(f"{found[other]}/") for other in found)
    }
