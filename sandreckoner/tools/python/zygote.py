"""The host's end of a zygote: starting it, asking it for children, ending it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sandreckoner.core.errors import SandboxError
from sandreckoner.tools.python import codec
from sandreckoner.tools.python.limits import Limits
from sandreckoner.tools.python.process import Process, pair
from sandreckoner.tools.python.tiers import Tier
from sandreckoner.tools.python.walls import Walls

_START_S = 120.0
_SPAWN_S = 10.0
_CAP = 1 << 16
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]

# The whole environment of a zygote and all its children. One thread for linear algebra: a thread would be
# refused later. One hash seed: the same program prints its sets in the same order every time.
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What every zygote of a sandbox is told.

    Attributes:
        limits: of each program.
        without: walls to leave out.
        seed: start of every random generator; None for chance.
        clock_s: the time at which clocks stand, seconds since 1970; None for the real one.
        modules: further modules that programs may import, and the names they see of each.
    """

    limits: Limits = field(default_factory=Limits)
    without: Walls = Walls.NONE
    seed: int | None = None
    clock_s: float | None = None
    modules: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))

    def order(self, tier: Tier) -> dict[str, Any]:
        """The plan as the message that a zygote starts from."""
        return {
            "tier": tier,
            "limits": asdict(self.limits),
            "without": self.without.value,
            "seed": self.seed,
            "clock_s": self.clock_s,
            "modules": {name: list(names) for name, names in self.modules.items()},
        }


class Zygote:
    """A running zygote. Thread-safe."""

    def __init__(self, tier: Tier, plan: Plan) -> None:
        """Start it; `wait_until_ready` says when it is warm.

        Raises:
            SandboxError: this system has no way to run it.
        """
        if sys.platform == "win32":
            raise SandboxError("the sandbox needs fork(), which Windows has not; run inside WSL")
        self.tier = tier
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._walls: Walls | None = None
        self._closed = False
        ours, theirs = socket.socketpair()
        self._control = ours
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and our own code
                [sys.executable, "-P", "-s", "-X", "utf8", "-c", _start(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=_ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C in the terminal is for the host
            )
        with contextlib.suppress(codec.Closed):  # it died already: `wait_until_ready` says so
            codec.send(ours, plan.order(tier))

    def wait_until_ready(self) -> Walls:
        """Wait until it is warm.

        Returns:
            The walls that it found to stand.

        Raises:
            SandboxError: it could not start.
        """
        with self._lock:
            if self._walls is None:
                try:
                    deadline = time.monotonic() + _START_S
                    answer = codec.receive(self._control, cap_bytes=_CAP, deadline=deadline)
                except (codec.Closed, codec.Late, codec.Garbled) as fault:
                    self._closed = True  # the next program gets another one
                    raise SandboxError(f"the sandbox could not start: {self._last_words(fault)}") from None
                self._walls = Walls(answer["walls"])
            return self._walls

    def _last_words(self, fault: Exception) -> str:
        self._process.kill()
        assert self._process.stderr is not None
        try:
            said = self._process.stderr.read().decode(errors="replace").strip().split("\n")
        except ValueError:
            return "it was closed while it started"  # by another thread, which took its stderr along
        return said[-1] if said[-1] else f"its process ended without a word ({type(fault).__name__})"

    def spawn(self, channel: socket.socket, *, keep: bool) -> int | None:
        """A new child at the other end of `channel`.

        Args:
            channel: the child's end; the caller still closes its own copy.
            keep: whether its state is to be kept: then a tree of processes begins with it.

        Returns:
            The pidfd of the child, or with `keep` of the tree's first process; None where there are none.

        Raises:
            SandboxError: the zygote is broken or closed.
        """
        self.wait_until_ready()
        with self._lock:
            deadline = time.monotonic() + _SPAWN_S
            try:
                kind = codec.TREE_OF_STATES if keep else codec.ONE_PROGRAM
                socket.send_fds(self._control, [kind], [channel.fileno()])
                answer, handles = codec.receive_with_descriptors(
                    self._control, count=1, cap_bytes=_CAP, deadline=deadline
                )
            except (OSError, codec.Closed, codec.Late, codec.Garbled):
                self._closed = True
                raise SandboxError("the sandbox's zygote has ended; make a new Sandbox") from None
        if "error" in answer:
            raise SandboxError(f"the sandbox cannot make a process: {answer['error']}")
        return handles[0] if handles else None

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return not self._closed and self._owner == os.getpid()

    def close(self) -> None:
        """End it, and with it every process that it made. Idempotent."""
        self._closed = True
        self._control.close()
        if self._process.stderr is not None:
            self._process.stderr.close()
        if self._owner != os.getpid():
            return
        if self._walls is not None:  # it listens, and ends by itself
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
                return
        self._process.kill()
        self._process.wait(5)


def _start(descriptor: int) -> str:
    # The package is looked for last: a folder beside it must not stand in for a library.
    return (
        f"import sys; sys.path.append({str(_PACKAGE_ROOT)!r}); "
        f"from sandreckoner.tools.python.worker.zygote import main; main({descriptor})"
    )


def fresh(zygote: Zygote) -> Process:
    """A child that runs one program."""
    here, there = pair()
    with there:
        return Process(here, zygote.spawn(there, keep=False))
