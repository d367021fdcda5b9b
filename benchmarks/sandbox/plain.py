"""The yardstick: a program in plain CPython, in a fork of this process, with no wall at all."""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import time
import warnings


def run_plain(code: str, timeout_s: float = 5.0) -> str | None:
    """What the program prints; None where it fails or does not end in time."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _child(code, theirs)
    os.close(theirs)
    try:
        return _collect(ours, time.monotonic() + timeout_s)
    finally:
        os.close(ours)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _child(code: str, answer: int) -> None:
    try:
        warnings.simplefilter("ignore")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "<program>", "exec"), {"__name__": "__main__"})
        with os.fdopen(answer, "wb") as pipe:
            pipe.write(b"+" + printed.getvalue().encode())
    finally:
        os._exit(0)


def _collect(pipe: int, deadline: float) -> str | None:
    data, ended = read_until(pipe, deadline)
    return data[1:].decode() if data and ended else None


def read_until(pipe: int, deadline: float) -> tuple[bytes, bool]:
    """What comes out of a pipe, and whether it ended before the deadline."""
    data = b""
    while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
        piece = os.read(pipe, 1 << 16)
        if not piece:
            return data, True
        data += piece
    return data, False
