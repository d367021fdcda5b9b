"""The sandboxed end of the way in and out: plain reads and writes, since the filter allows little else."""

from __future__ import annotations

import array
import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any

from sandreckoner.tools.python.codec import pack, unpack

_LENGTH = struct.Struct(">I")
_SMALL = 1 << 16


class Channel:
    """A stream socket to the host."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def read(self) -> dict[str, Any]:
        """The next message from the host. Ends the process when the host has gone."""
        return self._rest(self._exactly(_LENGTH.size))

    def read_with_descriptor(self) -> tuple[dict[str, Any], int | None]:
        """The next message and the descriptor that came with it, if any."""
        with self._as_socket() as stream:
            head, ancillary, _, _ = stream.recvmsg(_LENGTH.size, socket.CMSG_SPACE(4))
        if not head:
            os._exit(0)
        found = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                found.frombytes(data[:4])
        head += self._exactly(_LENGTH.size - len(head))
        return self._rest(head), found[0] if found else None

    def read_text(self, size: int) -> str:
        """A text that follows a message, of so many bytes of UTF-8."""
        return self._exactly(size).decode("utf-8", "surrogatepass")

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

    def _rest(self, head: bytes) -> dict[str, Any]:
        (length,) = _LENGTH.unpack(head)
        return unpack(self._exactly(length))

    def _exactly(self, count: int) -> bytes:
        received = bytearray(count)  # filled in place: hundreds of megabytes may come
        view, filled = memoryview(received), 0
        while filled < count:
            read = os.readv(self.descriptor, [view[filled:]])
            if not read:
                os._exit(0)
            filled += read
        view.release()
        return bytes(received) if count <= _SMALL else received  # type: ignore[return-value]  # as good to read
