"""The way in and out of the sandbox: frames of JSON with a length in front, waited for with a deadline.

The host reads what a hostile process may have written, so a frame has a cap, a deadline and a closed grammar;
never pickle. `wait` is the one way in which the host waits for a process, `acquire` for a lock.
"""

from __future__ import annotations

import array
import contextlib
import json
import math
import os
import select
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol


class Closed(Exception):
    """The other side is gone."""


class Late(Exception):
    """The deadline went by."""


class Waitable(Protocol):
    """Anything with a descriptor."""

    def fileno(self) -> int:
        """Its descriptor; -1 once it is closed."""
        ...


class Deadline(Protocol):
    """A deadline that may come nearer or move away as one looks at it."""

    def seconds_left(self) -> float:
        """Seconds after which to look again, more than 0. Raises Late when it has gone by."""
        ...


class Lock(Protocol):
    """A lock of `threading`."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; False when the time is over."""
        ...


def wait(
    awaited: Waitable | int, events: int, deadline: float | Deadline | None, peer: int | None = None
) -> int:
    """Wait until a descriptor is ready, or until the other side has hung up.

    Args:
        awaited: what is read or written next.
        events: select.POLLIN or select.POLLOUT.
        deadline: on the monotonic clock; None waits for ever.
        peer: pidfd of the process on the other side. Its end ends the wait even where another process still
            holds the far end of the descriptor.

    Returns:
        The events of poll: `events`, POLLHUP, POLLERR, POLLNVAL.

    Raises:
        Late: the deadline went by.
        Closed: the descriptor is closed, or the peer has ended and left nothing to read.
    """
    number = awaited if isinstance(awaited, int) else awaited.fileno()
    if number < 0:
        raise Closed
    watched = select.poll()
    watched.register(number, events)
    if peer is not None and peer >= 0:
        watched.register(peer, select.POLLIN)
    while True:
        left_s = seconds_left(deadline)
        ready = dict(watched.poll(None if left_s is None else math.ceil(left_s * 1000)))
        if number in ready:
            return ready[number]
        if ready:  # the peer has ended; its last words may have arrived between the two looks
            watched.unregister(*ready)
            last = dict(watched.poll(0))
            if not last:
                raise Closed
            return last[number]


def seconds_left(deadline: float | Deadline | None) -> float | None:
    """Seconds until a deadline on the monotonic clock, None without one. Raises Late when it has gone by."""
    if deadline is None:
        return None
    if not isinstance(deadline, int | float):
        return deadline.seconds_left()
    left = deadline - time.monotonic()
    if left <= 0:
        raise Late
    return left


def acquire(lock: Lock, deadline: float) -> None:
    """Take a lock that another thread will give back. Raises Late."""
    if not lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
        raise Late


# What the host asks of a zygote, each with the child's end of a channel.
ONE_PROGRAM, TREE_OF_STATES = b"p", b"t"

_LENGTH = struct.Struct(">I")
_AT_ONCE = socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)
_KEPT_FROM_CHILDREN = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Unread(Closed):
    """The other side is gone, and has not read all that it was sent: it cannot have acted on it."""


class Garbled(Exception):
    """What arrived is not a frame of ours."""


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


# Made once: json.dumps and json.loads with options make them at each call.
_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def pack(message: Any) -> bytes:
    """A message as a frame. Raises ValueError for what JSON cannot hold."""
    body = _ENCODER.encode(message).encode()
    if len(body) >= 1 << 32:
        raise ValueError("4 GB or more")
    return _LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> dict[str, Any]:
    """The message in the body of a frame.

    Raises:
        Garbled: it is not a JSON object.
    """
    try:
        text = body.decode("ascii")
        message, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as fault:
        raise Garbled(str(fault)[:200]) from None
    if end != len(text) or not isinstance(message, dict):
        raise Garbled("not an object")
    return message


def send(
    channel: socket.socket,
    message: Any,
    *,
    descriptors: Sequence[int] = (),
    deadline: float | Deadline | None = None,
    peer: int | None = None,
) -> None:
    """Send a message, and descriptors with it.

    Args:
        channel: a stream socket.
        message: JSON.
        descriptors: they are duplicated for the receiver.
        deadline: on the monotonic clock; None waits for ever.
        peer: pidfd of the process at the other end, whose end ends the wait.

    Raises:
        Closed, Late.
    """
    send_frame(channel, pack(message), descriptors=descriptors, deadline=deadline, peer=peer)


def send_frame(
    channel: socket.socket,
    packed: bytes,
    *,
    descriptors: Sequence[int] = (),
    deadline: float | Deadline | None = None,
    peer: int | None = None,
) -> None:
    """Send bytes that are packed already; otherwise like `send`."""
    frame = memoryview(packed)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    while frame:
        wait(channel, select.POLLOUT, deadline, peer)
        with _gone_when_broken(), contextlib.suppress(BlockingIOError):
            frame = frame[channel.sendmsg([frame], rights, _AT_ONCE) :]
            rights = []


def receive(
    channel: socket.socket,
    *,
    cap_bytes: int,
    deadline: float | Deadline | None = None,
    peer: int | None = None,
) -> dict[str, Any]:
    """The next message; descriptors sent along with it are thrown away by the kernel.

    Raises:
        Closed, Late, Garbled (also for a frame of more than `cap_bytes`).
    """
    return receive_rest(channel, b"", cap_bytes=cap_bytes, deadline=deadline, peer=peer)


def receive_head(
    channel: socket.socket, room: int, *, deadline: float | Deadline | None = None, peer: int | None = None
) -> tuple[bytes, list[tuple[int, int, bytes]]]:
    """The first bytes of the next message, at least one and at most four, and what came beside them.

    Args:
        channel: a stream socket.
        room: bytes for what comes beside.
        deadline: as for `send`.
        peer: as for `send`.

    Raises:
        Closed, Late.
    """
    while True:
        wait(channel, select.POLLIN, deadline, peer)
        with _gone_when_broken(), contextlib.suppress(BlockingIOError):
            head, ancillary, _, _ = channel.recvmsg(_LENGTH.size, room, _AT_ONCE | _KEPT_FROM_CHILDREN)
            if not head:
                raise Closed
            return head, ancillary


def receive_with_descriptors(
    channel: socket.socket,
    *,
    count: int,
    cap_bytes: int,
    deadline: float | Deadline | None = None,
    peer: int | None = None,
) -> tuple[dict[str, Any], list[int]]:
    """The next message and the descriptors that came with it, at most `count`. Raises as `receive`."""
    room = socket.CMSG_SPACE(count * array.array("i").itemsize)
    head, ancillary = receive_head(channel, room, deadline=deadline, peer=peer)
    descriptors = descriptors_in(ancillary)
    try:
        message = receive_rest(channel, head, cap_bytes=cap_bytes, deadline=deadline, peer=peer)
    except BaseException:
        close_all(descriptors)
        raise
    return message, descriptors


def close_all(descriptors: Sequence[int]) -> None:
    """Close what came beside a message that nobody can use."""
    for descriptor in descriptors:
        os.close(descriptor)


def receive_rest(
    channel: socket.socket,
    head: bytes,
    *,
    cap_bytes: int,
    deadline: float | Deadline | None = None,
    peer: int | None = None,
) -> dict[str, Any]:
    """The rest of a message whose first bytes, at most four, are here. Raises as `receive`."""
    head += _exactly(channel, _LENGTH.size - len(head), deadline, peer)
    (length,) = _LENGTH.unpack(head)
    if length > cap_bytes:
        raise Garbled(f"a frame of {length} bytes")
    return unpack(_exactly(channel, length, deadline, peer))


def descriptors_in(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    """The descriptors among what came beside a message."""
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)


def _exactly(
    channel: socket.socket, count: int, deadline: float | Deadline | None, peer: int | None
) -> bytes:
    received = bytearray()
    while len(received) < count:
        wait(channel, select.POLLIN, deadline, peer)
        with _gone_when_broken(), contextlib.suppress(BlockingIOError):
            piece = channel.recv(min(65536, count - len(received)), _AT_ONCE)
            if not piece:
                raise Closed
            received += piece
    return bytes(received)


@contextlib.contextmanager
def _gone_when_broken() -> Iterator[None]:
    try:
        yield
    except BlockingIOError:
        raise
    except (BrokenPipeError, ConnectionResetError):
        raise Unread from None
    except OSError:
        raise Closed from None
