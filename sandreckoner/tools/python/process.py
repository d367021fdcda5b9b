"""A sandboxed process as the host sees it: a socket to it, and a sure way to end it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import threading
from collections.abc import Sequence
from typing import Any

from sandreckoner.tools.python import codec

_PASS_CREDENTIALS = getattr(socket, "SO_PASSCRED", None)
_CREDENTIALS = struct.Struct("3i")


class Process:
    """One process on the far side."""

    def __init__(self, channel: socket.socket | None, handle: int | None, number: int = 0) -> None:
        """Take both over.

        Args:
            channel: a stream socket to it; None for one that is never spoken to.
            handle: its pidfd; None where there is no such thing: then it is closing the channel that ends it.
            number: its process id, where the kernel told it.
        """
        self.number = number
        self._channel = channel
        self._handle = handle
        self._owner = os.getpid()
        self._lock = threading.Lock()

    @property
    def channel(self) -> socket.socket:
        """The socket to it."""
        assert self._channel is not None
        return self._channel

    def kill(self) -> None:
        """End it, whatever it is doing. Idempotent; safe from any thread."""
        with self._lock:
            if self._handle is not None and self._owner == os.getpid():
                with contextlib.suppress(OSError):
                    signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def close(self) -> None:
        """End it and let go of it."""
        self.kill()
        with self._lock:
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


def greeted(channel: socket.socket, deadline: float) -> tuple[Process, list[int]]:
    """Wait for a process to say hello on `channel`.

    Returns:
        The process, and the descriptors that it sent along.

    Raises:
        codec.Closed, codec.Late, codec.Garbled: it did not, or could not be made.
    """
    channel.settimeout(codec.seconds_left(deadline))
    try:
        head, ancillary, _, _ = channel.recvmsg(
            4, socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(4)
        )
    except TimeoutError:
        raise codec.Late from None
    except OSError:
        raise codec.Closed from None
    descriptors = codec.descriptors_in(ancillary)
    try:
        message = codec.receive_rest(channel, head, cap_bytes=4096, deadline=deadline)
        if message != {"hello": True}:
            raise codec.Garbled(str(message.get("message"))[:500])
        number = _writer(ancillary)
        process = Process(channel, _handle_of(number), number)
    except Exception:
        for descriptor in descriptors:
            os.close(descriptor)
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
    except OSError:
        raise codec.Closed from None  # it is gone already; whoever still holds the channel cannot be stopped
