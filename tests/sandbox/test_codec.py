"""The codec: whatever bytes arrive, a message or one of three errors, in time."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandreckoner.tools.python import codec

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
messages = st.dictionaries(st.text(), json_values, max_size=5)


def received(data: bytes, cap_bytes: int = 10_000) -> dict[str, Any]:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(data)
        there.shutdown(socket.SHUT_WR)
        return codec.receive(here, cap_bytes=cap_bytes, deadline=time.monotonic() + 5)


@given(messages)
def test_what_is_sent_arrives(message: dict[str, Any]) -> None:
    assert received(codec.pack(message), 1 << 20) == message


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_a_message_or_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(codec.Closed, codec.Garbled):
        assert isinstance(received(data), dict)


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_body_is_an_object_or_garbled(body: bytes) -> None:
    with contextlib.suppress(codec.Garbled):
        assert isinstance(codec.unpack(body), dict)


@given(messages, st.integers(min_value=0, max_value=50))
def test_a_cut_frame_is_closed(message: dict[str, Any], keep: int) -> None:
    frame = codec.pack(message)
    if keep < len(frame):
        with pytest.raises(codec.Closed):
            received(frame[:keep], 1 << 20)


def test_a_frame_beyond_the_cap_is_not_read() -> None:
    with pytest.raises(codec.Garbled, match="a frame of 4294967295 bytes"):
        received(b"\xff\xff\xff\xff")


def test_a_slow_sender_is_late() -> None:
    here, there = socket.socketpair()
    with here, there:

        def drip() -> None:
            for byte in codec.pack({"a": 1}):
                try:
                    there.send(bytes([byte]))
                except OSError:
                    return
                time.sleep(0.1)

        thread = threading.Thread(target=drip)
        thread.start()
        started = time.monotonic()
        with pytest.raises(codec.Late):
            codec.receive(here, cap_bytes=100, deadline=started + 0.25)
        assert time.monotonic() - started < 1
        thread.join()


def test_a_receiver_that_never_reads_makes_the_sender_late() -> None:
    here, there = socket.socketpair()
    with here, there, pytest.raises(codec.Late):
        codec.send(here, {"x": "y" * 10_000_000}, deadline=time.monotonic() + 0.2)


def test_nan_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        codec.pack({"a": float("nan")})


def test_descriptors_travel() -> None:
    here, there = socket.socketpair()
    ours, theirs = os.pipe()
    with here, there:
        codec.send(there, {"op": "spawn"}, descriptors=[theirs])
        message, (copy,) = codec.receive_with_descriptors(here, count=1, cap_bytes=100)
    os.write(copy, b"x")
    assert (message, os.read(ours, 1)) == ({"op": "spawn"}, b"x")
    for descriptor in (ours, theirs, copy):
        os.close(descriptor)
