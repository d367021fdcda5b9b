"""The host's end of a zygote: starting it, asking it for children, keeping spare ones, ending it."""

from __future__ import annotations

import collections
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandreckoner.core.errors import SandboxError
from sandreckoner.tools.python import codec
from sandreckoner.tools.python.codec import acquire, wait
from sandreckoner.tools.python.plan import Plan, Tier
from sandreckoner.tools.python.process import Process, pair
from sandreckoner.tools.python.walls import Walls

_START_S = 120.0
_SPAWN_S = 5.0
_REFILL_S = 60.0
_END_S = 0.3
_NOTICE_S = 0.02
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
        self._unanswered: collections.deque[float] = collections.deque()
        self._closed = self._left = False
        self._failure = "it was closed while it started"
        self._ready_by = time.monotonic() + _START_S
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
        self._handle = _handle_of(self._process)
        self._order = codec.pack(plan.order(tier))

    def wait_until_ready(self) -> Walls:
        """Wait until it is warm.

        Returns:
            The walls that it found to stand.

        Raises:
            SandboxError: it could not start.
        """
        if self._walls is None:
            try:
                with self._in_turn(self._ready_by):
                    self._walls = self._walls or self._first_words()
            except (codec.Closed, codec.Late):
                raise SandboxError(f"the sandbox could not start: {self._failure}") from None
        return self._walls

    def _first_words(self) -> Walls:
        deadline, peer = self._ready_by, self._handle
        try:
            codec.send_frame(self._control, self._order, deadline=deadline, peer=peer)
            answer = codec.receive(self._control, cap_bytes=_CAP, deadline=deadline, peer=peer)
        except (codec.Closed, codec.Late, codec.Garbled) as fault:
            if not self._closed:
                self._failure = self._last_words(fault)
                self._closed = True  # the next program gets another one
            raise codec.Closed from None
        return Walls(answer["walls"])

    @contextlib.contextmanager
    def _in_turn(self, deadline: float) -> Iterator[None]:
        """One thread at a time speaks to it. Raises codec.Late, and codec.Closed where it has ended."""
        acquire(self._lock, deadline)
        try:
            if self._closed:
                raise codec.Closed
            yield
        finally:
            if self._left:
                self._let_go()
            self._lock.release()

    def _last_words(self, fault: Exception) -> str:
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        assert self._process.stderr is not None
        # Not to its end: a process that it made may still hold it.
        os.set_blocking(self._process.stderr.fileno(), False)
        said = (self._process.stderr.read() or b"").decode(errors="replace").strip().split("\n")[-1]
        return said or f"its process ended without a word ({type(fault).__name__})"

    def spawn(self, channel: socket.socket, deadline: float, *, keep: bool) -> int | None:
        """A new child at the other end of `channel`.

        Args:
            channel: the child's end; the caller still closes its own copy.
            deadline: on the monotonic clock.
            keep: whether its state is to be kept: then a tree of processes begins with it.

        Returns:
            The pidfd of the child, or with `keep` of the tree's first process; None where there are none.

        Raises:
            SandboxError: the zygote is broken or closed.
            codec.Late: there was no time for it; a child that comes later ends by itself.
        """
        self.wait_until_ready()
        try:
            with self._in_turn(deadline):
                while self._unanswered:
                    _end_late_child(self._answer(deadline)[1])
                codec.send_frame(
                    self._control,
                    codec.TREE_OF_STATES if keep else codec.ONE_PROGRAM,
                    descriptors=[channel.fileno()],
                    deadline=deadline,
                    peer=self._handle,
                )
                self._unanswered.append(time.monotonic())
                answer, handles = self._answer(deadline)
        except (codec.Closed, codec.Garbled):
            self._closed = True
            raise SandboxError("the sandbox's zygote has ended; make a new Sandbox") from None
        if "error" in answer:
            raise SandboxError(f"the sandbox cannot make a process: {answer['error']}")
        return handles[0] if handles else None

    def _answer(self, deadline: float) -> tuple[dict[str, Any], list[int]]:
        """The answer to the oldest request that has none.

        Raises:
            codec.Late: it may still come.
            codec.Closed, codec.Garbled: none will.
        """
        given_up = self._unanswered[0] + _SPAWN_S
        try:
            wait(self._control, select.POLLIN, min(deadline, given_up), self._handle)
        except codec.Late:
            if time.monotonic() < given_up:
                raise
            raise codec.Closed from None
        try:
            answer = codec.receive_with_descriptors(
                self._control, count=1, cap_bytes=_CAP, deadline=given_up, peer=self._handle
            )
        except codec.Late:  # in the middle of it
            raise codec.Closed from None
        self._unanswered.popleft()
        return answer

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return not self._closed and self._owner == os.getpid()

    @property
    def ended(self) -> bool:
        """Whether its process is gone, whether or not anybody noticed."""
        gone = self._ends_by(time.monotonic() + _NOTICE_S)  # its children are told first
        self._closed = self._closed or gone  # the next program gets another one
        return gone

    def begin_to_close(self) -> None:
        """Tell it to end, and with it every process that it made; wakes all who wait for it. Idempotent."""
        self._closed = True
        if self._owner != os.getpid():
            return
        with contextlib.suppress(OSError):
            # Not only closed: a forked child of this process may hold a copy.
            self._control.shutdown(socket.SHUT_RDWR)
        if self._walls is None:  # it does not listen yet
            self._process.kill()

    def close(self, deadline: float | None = None) -> None:
        """End it, and with it every process that it made. Idempotent.

        Args:
            deadline: until when it may end by itself, on the monotonic clock; by default a moment.
        """
        self.begin_to_close()
        if self._owner == os.getpid():
            deadline = time.monotonic() + _END_S if deadline is None else deadline
            if not self._ends_by(deadline):
                self._process.kill()
                self._ends_by(time.monotonic() + _END_S)
            if not self._lock.acquire(timeout=_END_S):
                self._left = True  # a thread still looks at the descriptors: it lets them go
                return
            try:
                self._let_go()
            finally:
                self._lock.release()
        else:
            self._let_go()

    def _let_go(self) -> None:
        self._control.close()
        if self._process.stderr is not None:
            self._process.stderr.close()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _ends_by(self, deadline: float) -> bool:
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True


def _handle_of(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # not Linux, or an old one
        return None


def _end_late_child(handles: list[int]) -> None:
    for handle in handles:
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    codec.close_all(handles)


def _start(descriptor: int) -> str:
    # The package is looked for last: a folder beside it must not stand in for a library.
    return (
        f"import sys; sys.path.append({str(_PACKAGE_ROOT)!r}); "
        f"from sandreckoner.tools.python.worker.zygote_server import main; main({descriptor})"
    )


def fresh(zygote: Zygote, deadline: float) -> Process:
    """A child that runs one program. Raises as `Zygote.spawn`."""
    here, there = pair()
    try:
        with there:
            return Process(here, zygote.spawn(there, deadline, keep=False))
    except BaseException:
        here.close()
        raise


class Nest:
    """One tier: its zygote and the spares. A thread of its own refills them when nothing runs."""

    def __init__(self, tier: Tier, plan: Plan, spares: int) -> None:
        self.zygote = Zygote(tier, plan)
        self.programs = 0  # that it has been asked for
        self._wanted = spares
        self._spares: collections.deque[Process] = collections.deque()
        self._changed = threading.Condition()
        self._running = 0
        self._closed = False
        if spares:
            with contextlib.suppress(RuntimeError):  # no more threads: then there are no spares
                threading.Thread(target=self._refill, name=f"sandbox-{tier}", daemon=True).start()

    @contextlib.contextmanager
    def process(self, deadline: float) -> Iterator[Process]:
        """A child of its own for one program. Raises as `Zygote.spawn`."""
        with self._changed:
            self.programs += 1
            self._running += 1
            spare = self._spares.popleft() if self._spares else None
        try:
            process = spare or fresh(self.zygote, deadline)
            try:
                yield process
            finally:
                process.close()
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify()

    def _refill(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (
                    len(self._spares) >= self._wanted or (self._running and self._spares)
                ):
                    self._changed.wait()
                if self._closed:
                    return
            try:
                spare = fresh(self.zygote, time.monotonic() + _REFILL_S)
            except codec.Late:
                continue
            except (SandboxError, OSError):
                return  # whoever wants to run something next is told
            with self._changed:
                if not self._closed:
                    self._spares.append(spare)
                    continue
            spare.close()
            return

    def begin_to_close(self) -> None:
        """Tell the zygote to end, and wake all who wait for it."""
        self._closed = True
        self.zygote.begin_to_close()

    def close(self, deadline: float | None = None) -> None:
        """End the spares and the zygote; see `Zygote.close`."""
        self.begin_to_close()
        with self._changed:
            self._changed.notify_all()
            while self._spares:
                self._spares.popleft().close()
        self.zygote.close(deadline)
