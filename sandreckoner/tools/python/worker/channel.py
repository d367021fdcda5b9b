"""The sandboxed end of the way in and out: plain reads and writes, since the filter allows little else."""

from __future__ import annotations

import array
import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any

from sandreckoner.tools.python.codec import descriptors_in, pack, unpack

_LENGTH = struct.Struct(">I")
_PIECE = 1 << 16


class Channel:
    """A stream socket to the host."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def read(self) -> dict[str, Any]:
        """The next message from the host. Ends the process when the host has gone."""
        return self._rest(self._exactly(_LENGTH.size))

    def read_with_descriptor(self) -> tuple[dict[str, Any], int | None]:
        """The next message and the descriptor that came with it, if any."""
        head, descriptor = self._receive(_LENGTH.size)
        head += self._exactly(_LENGTH.size - len(head))
        return self._rest(head), descriptor

    def read_bytes(self, size: int) -> bytes:
        """So many bytes that follow a message."""
        return self._exactly(size)

    def read_descriptor(self) -> int:
        """A descriptor that follows a message."""
        _, descriptor = self._receive(1)
        if descriptor is None:
            os._exit(1)
        return descriptor

    def write(self, message: Any, *descriptors: int) -> None:
        """Send a message to the host."""
        frame = memoryview(pack(message))
        if descriptors:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
            with self._as_socket() as stream:
                frame = frame[stream.sendmsg([frame[:1]], [rights]) :]
        while frame:
            frame = frame[os.write(self.descriptor, frame) :]

    def close(self) -> None:
        """Let go of it."""
        os.close(self.descriptor)

    @contextlib.contextmanager
    def _as_socket(self) -> Iterator[socket.socket]:
        # With family and type given, Python asks the kernel nothing that the filter refuses.
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=self.descriptor)
        try:
            yield stream
        finally:
            stream.detach()

    def _receive(self, most: int) -> tuple[bytes, int | None]:
        with self._as_socket() as stream:
            received, ancillary, _, _ = stream.recvmsg(most, socket.CMSG_SPACE(4))
        if not received:
            os._exit(0)
        found = descriptors_in(ancillary)
        return received, found[0] if found else None

    def _rest(self, head: bytes) -> dict[str, Any]:
        (length,) = _LENGTH.unpack(head)
        return unpack(self._exactly(length))

    def _exactly(self, count: int) -> bytes:
        received = bytearray()
        while len(received) < count:
            piece = os.read(self.descriptor, min(_PIECE, count - len(received)))
            if not piece:
                os._exit(0)
            received += piece
        return bytes(received)
