"""A sandboxed process as the host sees it: a socket to it, and a sure way to end it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sandreckoner.tools.python import codec
from sandreckoner.tools.python.codec import Deadline
from sandreckoner.tools.python.kernel import others

_PASS_CREDENTIALS = getattr(socket, "SO_PASSCRED", None)
_CREDENTIALS = struct.Struct("3i")
# What a process may still use after its report, and how long a busy machine may keep it from doing so.
_AFTERWARDS_S, _SETTLE_S, _LOOK_S = 0.1, 1.0, 0.0005


class Process:
    """One process on the far side. Thread-safe."""

    def __init__(self, channel: socket.socket | None, handle: int | None, number: int = 0) -> None:
        """Take both over.

        Args:
            channel: a stream socket to it; None for one that is never spoken to.
            handle: its pidfd; None where there is no such thing: then it is closing the channel that ends it.
            number: its process id, where the kernel told it.
        """
        self._number = number
        self._born = others.start_of(number) if number and handle is None else 0
        self.owner = os.getpid()
        self._channel = channel
        self._handle = handle
        self._lock = threading.RLock()
        self._closed = False
        self._users = 0

    @property
    def number(self) -> int:
        """Its process id; 0 where that cannot be known."""
        if not self._number and self._handle is not None:
            self._number = others.number_of(self._handle)
        return self._number

    @property
    def handle(self) -> int | None:
        """Its pidfd; None where there is none, or no longer."""
        return self._handle

    def send(self, message: Any, deadline: float, *, descriptors: Sequence[int] = ()) -> None:
        """Send it a message. Raises codec.Closed, codec.Late."""
        codec.send(
            self._open_channel(), message, descriptors=descriptors, deadline=deadline, peer=self._handle
        )

    def send_packed(self, frame: bytes, deadline: float, *, descriptors: Sequence[int] = ()) -> None:
        """Send it a frame. Raises codec.Closed, codec.Late."""
        codec.send_frame(
            self._open_channel(), frame, descriptors=descriptors, deadline=deadline, peer=self._handle
        )

    def receive(self, deadline: float | Deadline, *, cap_bytes: int) -> dict[str, Any]:
        """Its next message. Raises codec.Closed, codec.Late, codec.Garbled."""
        return codec.receive(self._open_channel(), cap_bytes=cap_bytes, deadline=deadline, peer=self._handle)

    def _open_channel(self) -> socket.socket:
        if self._channel is None:
            raise codec.Closed
        return self._channel

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep its descriptors open meanwhile: their numbers may soon be another's. Raises codec.Closed."""
        with self._lock:
            if self._closed:
                raise codec.Closed
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                self._let_go()

    def kill(self) -> None:
        """End it, whatever it is doing. Idempotent; safe from any thread."""
        self._signal(signal.SIGKILL)

    def rest(self) -> None:
        """Give it no processor until `wake`, so that it can only wait."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> None:
        with self._lock:
            if self.owner != os.getpid() or (self._closed and self._handle is None):
                return
            with contextlib.suppress(OSError):
                if self._handle is not None:
                    signal.pidfd_send_signal(self._handle, what)
                elif self._born and others.start_of(self._number) == self._born:
                    os.kill(self._number, what)  # its number is not another's

    def ended(self, within_s: float = 0.0) -> bool:
        """Whether it is gone, or is so within some seconds; False where that cannot be known."""
        if self._handle is None:
            return False
        watched = select.poll()
        watched.register(self._handle, select.POLLIN)
        return bool(watched.poll(1000 * within_s))

    def goes_on(self) -> bool:
        """Whether it computes although it should wait by now; False where that cannot be known."""
        if not self.number:
            return False
        with contextlib.suppress(OSError):
            most_s = others.cpu_seconds(self.number) + _AFTERWARDS_S
            latest = time.monotonic() + _SETTLE_S
            while others.runs(self.number) and time.monotonic() < latest:
                if others.cpu_seconds(self.number) > most_s:
                    return True
                time.sleep(_LOOK_S)
        return False

    def close(self) -> None:
        """End it, and let go of it as soon as no other thread waits for it. Idempotent."""
        self.kill()
        with self._lock:
            self._closed = True
            self._let_go()

    def _let_go(self) -> None:
        if not self._closed or self._users:
            return
        if self._channel is not None:
            self._channel.close()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def pair(*, credentials: bool = False) -> tuple[socket.socket, socket.socket]:
    """Two ends of a channel, ours first. With `credentials` the kernel tells us who writes to it."""
    here, there = socket.socketpair()
    if credentials and _PASS_CREDENTIALS is not None:
        here.setsockopt(socket.SOL_SOCKET, _PASS_CREDENTIALS, 1)
    return here, there


def greeted(channel: socket.socket, deadline: float, parent: int | None) -> tuple[Process, list[int]]:
    """Wait for a process to say hello on `channel`.

    Args:
        channel: with credentials; the process takes it over.
        deadline: on the monotonic clock.
        parent: pidfd of the process that makes it, whose end ends the wait.

    Returns:
        The process, and the descriptors that it sent along.

    Raises:
        codec.Closed, codec.Late, codec.Garbled: it did not, or could not be made.
    """
    room = socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(4)
    head, ancillary = codec.receive_head(channel, room, deadline=deadline, peer=parent)
    descriptors = codec.descriptors_in(ancillary)
    try:
        message = codec.receive_rest(channel, head, cap_bytes=4096, deadline=deadline, peer=parent)
        if message != {"hello": True}:
            raise codec.Garbled(ascii(message.get("message"))[:500])
        number = _writer(ancillary)
        process = Process(channel, _handle_of(number), number)
    except BaseException:
        codec.close_all(descriptors)
        raise
    if _PASS_CREDENTIALS is not None:
        channel.setsockopt(socket.SOL_SOCKET, _PASS_CREDENTIALS, 0)
    return process, descriptors


def _writer(ancillary: Sequence[tuple[int, int, Any]]) -> int:
    """The process that wrote, as the kernel attached it: it cannot name somebody else for us to kill."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == getattr(socket, "SCM_CREDENTIALS", -1):
            number: int = _CREDENTIALS.unpack(data)[0]
            return number
    return 0


def _handle_of(number: int) -> int | None:
    if not number or not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(number)
    except ProcessLookupError:
        raise codec.Closed from None  # it is gone already; whoever still holds the channel cannot be stopped
    except OSError:  # an old kernel, or an outer filter
        return None
