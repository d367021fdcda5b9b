"""A model that another process of this user keeps loaded, as an engine: see `resident_process`."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sandreckoner
from sandreckoner._support.user_folders import cache_folder
from sandreckoner.core import errors
from sandreckoner.core.errors import ModelError, ModelUnavailable, SandreckonerError
from sandreckoner.llms.client.deadline import is_cancelled
from sandreckoner.llms.local import resident_process
from sandreckoner.llms.local.cpu_kernels import kernel_file
from sandreckoner.llms.local.engine import Emit, Engine, Generation
from sandreckoner.llms.local.llama_engine import LlamaSettings
from sandreckoner.llms.local.resident_process import TALK_S, connected, listens, send
from sandreckoner.llms.weights.registry import content_of

_LOAD_S = 180.0  # for weights from a slow disk
_LOOK_S = 0.05
_LONGEST_PATH = 100  # of a socket, in bytes


class Residence:
    """Where the process for one model listens, and how it is started."""

    def __init__(self, weights: str, settings: LlamaSettings, minutes: float) -> None:
        """Name the place; nothing is started.

        Args:
            weights: the GGUF file.
            settings: how it is loaded.
            minutes: that the process stays after the last question.
        """
        self._arguments = (settings, minutes, weights)
        self._process = 0
        code = max(file.stat().st_mtime_ns for file in Path(__file__).parent.glob("*.py"))
        runtime = [version("xllamacpp"), kernel_file().is_file(), sandreckoner.__version__, code]
        known = json.dumps([content_of(Path(weights)), asdict(settings), runtime])
        self.path = residences() / f"{hashlib.sha256(known.encode()).hexdigest()[:16]}.sock"

    def wake(self) -> None:
        """Start the process where there is none, and do not wait for it.

        Raises:
            OSError: it cannot be started here.
        """
        if self._is_starting() or listens(self.path):
            return
        if os.name != "posix" or len(os.fsencode(self.path)) > _LONGEST_PATH:
            raise OSError("there are no sockets for it here")
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        words = resident_process.arguments_of(self.path, *self._arguments)
        command = [sys.executable, "-P", "-m", resident_process.__name__, *words]
        nothing = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        # A session of its own: it stays when the terminal goes, and Ctrl-C is not for it.
        self._process = os.posix_spawn(sys.executable, command, os.environ, file_actions=nothing, setsid=True)

    def await_it(self) -> None:
        """Wait until the process listens; it is started where it is missing.

        Raises:
            OSError: it does not, and will not.
        """
        self.wake()
        deadline = time.monotonic() + _LOAD_S
        while time.monotonic() < deadline and not is_cancelled():
            was_starting = self._is_starting()
            if listens(self.path):
                return
            if not was_starting:
                raise OSError("it ended while it loaded")
            time.sleep(_LOOK_S)
        raise OSError("it does not listen in time")

    def _is_starting(self) -> bool:
        """Whether the process that was started here is alive."""
        if self._process and os.waitpid(self._process, os.WNOHANG)[0]:
            self._process = 0
        return bool(self._process)


residence_of = lru_cache(maxsize=8)(Residence)  # the same place for who wakes it and who asks it


class ResidentEngine(Engine):
    """Requests go to the process at a residence; it is started again where it has left meanwhile."""

    def __init__(self, residence: Residence) -> None:
        """Wait for the process.

        Raises:
            OSError: it cannot be had; the model has to be loaded here.
        """
        residence.await_it()
        self._residence = residence
        super().__init__()

    def _write(self, request: dict[str, Any], generation: Generation, emit: Emit) -> None:
        try:
            self._residence.await_it()
            with connected(self._residence.path, TALK_S) as connection:
                send(connection, {"request": request})
                for line in _lines(connection, generation.stop):
                    if "chunk" in line:
                        emit(line["chunk"])
                        continue
                    _raise(*line["end"])
                    return
        except (OSError, ValueError) as fault:
            raise ModelUnavailable(f"the process that keeps the model cannot be used: {fault}") from fault
        if not generation.stop.is_set():
            raise ModelError("the process that keeps the model ended while it wrote; ask again")

    def _guarded(self, request: dict[str, Any], generation: Generation, emit: Emit) -> Emit:
        return emit  # the process itself ends what goes in circles

    def _free(self) -> None:
        pass  # others may use it; it leaves by itself


def residences() -> Path:
    """The folder of the sockets."""
    return cache_folder() / "resident"


def _lines(connection: socket.socket, stop: threading.Event) -> Iterator[dict[str, Any]]:
    """What the process sends, line by line, until it hangs up or `stop` is set."""
    connection.settimeout(_LOOK_S)
    rest = b""
    while not stop.is_set():
        try:
            block = connection.recv(1 << 16)
        except TimeoutError:
            continue
        if not block:
            return
        *whole, rest = (rest + block).split(b"\n")
        yield from map(json.loads, whole)


def _raise(kind: str, message: str) -> None:
    """Raise the error that the process ended with, as one of ours."""
    if kind:
        known = getattr(errors, kind, ModelError)
        raise known(message) if issubclass(known, SandreckonerError) else ModelError(message)
