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

    def __init__(self, channel: socket.socket | None, handle: int | None) -> None:
        """Take both over.

        Args:
            channel: a stream socket to it; None for one that is never spoken to.
            handle: its pidfd; None where there is no such thing: then it is closing the channel that ends it.
        """
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
        process = Process(channel, _handle_of(ancillary))
    except Exception:
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    if _PASS_CREDENTIALS is not None:
        channel.setsockopt(socket.SOL_SOCKET, _PASS_CREDENTIALS, 0)
    return process, descriptors


def _handle_of(ancillary: Sequence[tuple[int, int, Any]]) -> int | None:
    """A pidfd for the writer, whose id the kernel attached: it cannot name somebody else for us to kill."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == getattr(socket, "SCM_CREDENTIALS", -1):
            with contextlib.suppress(OSError):
                return os.pidfd_open(_CREDENTIALS.unpack(data)[0])
    return None
