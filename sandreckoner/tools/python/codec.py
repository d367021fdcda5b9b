"""The way in and out of the sandbox: frames of JSON with a length in front. Never pickle.

The host reads what a hostile process may have written, so a frame has a cap, a deadline and a closed grammar.
"""

from __future__ import annotations

import array
import json
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

# What the host asks of a zygote, each with the child's end of a channel.
ONE_PROGRAM, TREE_OF_STATES = b"p", b"t"

_LENGTH = struct.Struct(">I")


class Closed(Exception):
    """The other side is gone."""


class Late(Exception):
    """The deadline went by."""


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
    channel: socket.socket, message: Any, *, descriptors: Sequence[int] = (), deadline: float | None = None
) -> None:
    """Send a message, and descriptors with it.

    Args:
        channel: a stream socket.
        message: JSON.
        descriptors: they are duplicated for the receiver.
        deadline: on the monotonic clock; None waits for ever.

    Raises:
        Closed, Late.
    """
    frame = memoryview(pack(message))
    try:
        channel.settimeout(seconds_left(deadline))
        if descriptors:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
            frame = frame[channel.sendmsg([frame], [rights]) :]
        channel.sendall(frame)
    except TimeoutError:
        raise Late from None
    except OSError:
        raise Closed from None


def receive(channel: socket.socket, *, cap_bytes: int, deadline: float | None = None) -> dict[str, Any]:
    """The next message; descriptors sent along with it are thrown away by the kernel.

    Raises:
        Closed, Late, Garbled (also for a frame of more than `cap_bytes`).
    """
    head = _exactly(channel, _LENGTH.size, deadline)
    return _body(channel, head, cap_bytes, deadline)


def receive_with_descriptors(
    channel: socket.socket, *, count: int, cap_bytes: int, deadline: float | None = None
) -> tuple[dict[str, Any], list[int]]:
    """The next message and the descriptors that came with it, at most `count`. Raises as `receive`."""
    try:
        channel.settimeout(seconds_left(deadline))
        room = socket.CMSG_SPACE(count * array.array("i").itemsize)
        head, ancillary, _, _ = channel.recvmsg(_LENGTH.size, room, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
    except TimeoutError:
        raise Late from None
    except OSError:
        raise Closed from None
    descriptors = descriptors_in(ancillary)
    return receive_rest(channel, head, cap_bytes=cap_bytes, deadline=deadline), descriptors


def receive_rest(
    channel: socket.socket, head: bytes, *, cap_bytes: int, deadline: float | None = None
) -> dict[str, Any]:
    """The rest of a message whose first bytes, at most four, are here. Raises as `receive`."""
    if not head:
        raise Closed
    head += _exactly(channel, _LENGTH.size - len(head), deadline)
    return _body(channel, head, cap_bytes, deadline)


def descriptors_in(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    """The descriptors among what came beside a message."""
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)


def _body(channel: socket.socket, head: bytes, cap_bytes: int, deadline: float | None) -> dict[str, Any]:
    (length,) = _LENGTH.unpack(head)
    if length > cap_bytes:
        raise Garbled(f"a frame of {length} bytes")
    return unpack(_exactly(channel, length, deadline))


def _exactly(channel: socket.socket, count: int, deadline: float | None) -> bytes:
    received = bytearray()
    while len(received) < count:
        try:
            channel.settimeout(seconds_left(deadline))
            piece = channel.recv(min(65536, count - len(received)))
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Closed from None
        if not piece:
            raise Closed
        received += piece
    return bytes(received)


def seconds_left(deadline: float | None) -> float | None:
    """Seconds until a deadline on the monotonic clock, None without one. Raises Late when it has gone by."""
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise Late
    return left
