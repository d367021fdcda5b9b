"""The process that keeps a model loaded between commands, and leaves when nobody asked it for a while.

    python -m sandreckoner.llms.local.resident_process SOCKET SETTINGS MINUTES WEIGHTS

It listens at a socket of its folder that only its owner can open. Who connects sends one line of JSON, either
`{"request": …}`, the body of a chat completion, or `{"leave": true}`; the reply is a line for each chunk,
`{"chunk": …}`, and at the end `{"end": [error class, message]}`, both empty where all is well. Hanging up
stops the generation. One such process has the weights of one model; a second model sends the first one away.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import filelock

from sandreckoner.core.errors import SandreckonerError
from sandreckoner.llms.local.engine import Engine, Event, GenerationEnd
from sandreckoner.llms.local.llama_engine import LlamaEngine, LlamaSettings

MOST_BYTES = 64 << 20  # of a request
TALK_S = 120.0  # for a client that neither reads nor hangs up
_LOOK_S = 0.05
_GREETING_S = 1.0  # for a process that is asked whether it is there
_TURN_S = 20.0  # for the process before this one to be gone


class Resident:
    """An engine behind a listening socket."""

    def __init__(self, engine: Engine, listener: socket.socket, idle_s: float) -> None:
        """Serve `engine` at `listener` until nobody was there for `idle_s` seconds."""
        self._engine = engine
        self._listener = listener
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._talks = 0
        self._used_s = time.monotonic()
        self._leaves = threading.Event()

    def serve(self) -> None:
        """Answer until it is time to leave."""
        self._listener.settimeout(_LOOK_S * 4)
        while not self._is_done():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                with self._lock:
                    self._talks += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _is_done(self) -> bool:
        with self._lock:
            idle_s = time.monotonic() - self._used_s
            return not self._talks and (self._leaves.is_set() or idle_s > self._idle_s)

    def _talk(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError, ValueError, KeyError):
                connection.settimeout(TALK_S)
                if is_own(connection):
                    self._answer(connection)
        finally:
            with self._lock:
                self._talks -= 1
                self._used_s = time.monotonic()

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            asked = json.loads(lines.readline(MOST_BYTES))
        if asked.get("leave"):
            self._leaves.set()
            return
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        generation = self._engine.start(asked["request"], events.put)
        try:
            while not has_hung_up(connection):
                try:
                    event = events.get(timeout=_LOOK_S)
                except queue.Empty:
                    continue
                if isinstance(event, GenerationEnd):
                    send(connection, {"end": _named(event.error)})
                    return
                send(connection, {"chunk": event})
        finally:
            generation.stop.set()


def _named(error: SandreckonerError | None) -> list[str]:
    return [type(error).__name__, str(error)] if error else ["", ""]


def send(connection: socket.socket, line: dict[str, Any]) -> None:
    """Send one line of JSON."""
    connection.sendall(json.dumps(line).encode() + b"\n")


def has_hung_up(connection: socket.socket) -> bool:
    """Whether the other side is gone; it sends nothing more otherwise."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and not connection.recv(1, socket.MSG_PEEK)


def is_own(connection: socket.socket) -> bool:
    """Whether the other side is a process of this user, where the system can say so."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the folder's mode is what keeps others out
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(user == os.getuid())


@contextlib.contextmanager
def connected(path: Path, timeout_s: float) -> Iterator[socket.socket]:
    """A connection to the process at a socket.

    Raises:
        OSError: none listens, or it belongs to another user.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout_s)
        connection.connect(str(path))
        if not is_own(connection):
            raise OSError("the process belongs to another user")
        yield connection


def send_away(folder: Path, *, but: Path | None = None) -> int:
    """Ask the processes whose sockets lie in a folder to leave, each when it has nothing to do.

    Args:
        folder: of the sockets.
        but: the socket of the one that may stay.

    Returns:
        How many were there.
    """
    found = 0
    for path in folder.glob("*.sock"):
        if path == but:
            continue
        with contextlib.suppress(OSError), connected(path, _GREETING_S) as other:
            send(other, {"leave": True})
            found += 1
    return found


def listens(path: Path) -> bool:
    """Whether a process of this user answers at a socket."""
    with contextlib.suppress(OSError), connected(path, _GREETING_S):
        return True
    return False


def main(path: Path, settings: LlamaSettings, idle_s: float, weights: str) -> None:
    """Load the weights and serve them at the socket `path`; the process before must be gone first."""
    os.umask(0o077)
    send_away(path.parent, but=path)
    lock = filelock.FileLock(path.with_suffix(".lock"))
    deadline = time.monotonic() + _TURN_S
    while not lock.is_locked:
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=_LOOK_S)
        if not lock.is_locked and (listens(path) or time.monotonic() > deadline):
            return  # another serves already
    path.unlink(missing_ok=True)
    engine = LlamaEngine(weights, settings)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        try:
            Resident(engine, listener, idle_s).serve()
        finally:
            path.unlink(missing_ok=True)
    engine.close()
    lock.release()


def arguments_of(path: Path, settings: LlamaSettings, minutes: float, weights: str) -> list[str]:
    """The words of the command line that `main` is started with."""
    return [str(path), json.dumps(asdict(settings)), str(minutes), weights]


if __name__ == "__main__":
    where, loaded_with, minutes_idle, file = sys.argv[1:]
    main(Path(where), LlamaSettings(**json.loads(loaded_with)), float(minutes_idle) * 60, file)
