"""A process of its own that reads files: what a hostile or endless file does there ends with it.

The files of one update go through one process; one that runs out of time or memory, or crashes, is replaced
and its file refused in one line. The two sides speak lines of JSON and bytes, never pickle.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import sandreckoner
from sandreckoner.core.serialization import from_json
from sandreckoner.tools.retrieval.read_file import Read
from sandreckoner.tools.retrieval.readers import Tell

DEADLINE_S = 300.0
MAX_MEMORY_BYTES = 3 * 1024**3
_MAX_LINE = 1024**3  # characters of what is read of one file
_WORKER = "sandreckoner.tools.retrieval.reading_worker"


class ReadingProcess:
    """Reads files in a child process, started when it is first needed. A context manager; thread-safe.

    Args:
        deadline_s: how long one file may take, in seconds; anew after each page that is recognised as text.
        max_memory_bytes: how much memory the process may use; only on Linux and macOS.
    """

    def __init__(self, *, deadline_s: float = DEADLINE_S, max_memory_bytes: int = MAX_MEMORY_BYTES) -> None:
        self._deadline_s = deadline_s
        self._max_memory = max_memory_bytes
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[bytes] = queue.Queue()

    def read(self, source: str, data: bytes, tell: Tell) -> Read:
        """Pages and tables of a file; see `read_file`.

        Raises:
            ValueError: it cannot be read, or not within the limits; the message follows the file's name.
        """
        with self._lock:
            child = self._started()
            try:
                return self._reply(child, source, data, tell)
            except BaseException:
                if child.poll() is not None or sys.exc_info()[0] is not ValueError:
                    self._stop()
                raise

    def _reply(self, child: subprocess.Popen[bytes], source: str, data: bytes, tell: Tell) -> Read:
        head = json.dumps({"source": source, "size": len(data)}).encode() + b"\n"
        with contextlib.suppress(OSError):  # a process that has ended is told below
            _pipe(child.stdin).write(head + data)
            _pipe(child.stdin).flush()
        while True:  # each sign of life, such as a page that was recognised, begins the wait anew
            try:
                line = self._lines.get(timeout=self._deadline_s)
            except queue.Empty:
                self._stop()
                raise ValueError(f"takes longer than {self._deadline_s:g} s to read: not read") from None
            if not line:
                status = child.wait(10)
                self._stop()
                raise ValueError(f"crashes its reader, or needs too much memory ({status}): not read")
            message = json.loads(line)
            if "told" in message:
                if message["told"]:
                    tell(str(message["told"]))
            elif "fault" in message:
                raise ValueError(str(message["fault"]))
            else:
                return tuple(map(str, message["pages"])), from_json(message["tables"])

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        root = str(Path(sandreckoner.__file__).parents[1])
        path = os.pathsep.join([entry for entry in sys.path if entry] + [root])
        limits = json.dumps({"memory": self._max_memory, "seconds": int(self._deadline_s)})
        self._child = subprocess.Popen(  # noqa: S603  # this interpreter and a module of ours
            [sys.executable, "-P", "-m", _WORKER, limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )
        self._lines = queue.Queue()
        threading.Thread(target=_forward, args=(_pipe(self._child.stdout), self._lines), daemon=True).start()
        return self._child

    def _stop(self) -> None:
        """End the process with all that it has started."""
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(child.pid, signal.SIGKILL)
            else:
                child.kill()
        child.wait(10)
        with contextlib.suppress(OSError):
            _pipe(child.stdin).close()

    def close(self) -> None:
        """End the process, if one was started."""
        with self._lock:
            self._stop()

    def __enter__(self) -> ReadingProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _forward(stream: IO[bytes], lines: queue.Queue[bytes]) -> None:
    """Put each line into the queue, and an empty one at the end: a queue's reader can have a deadline."""
    with stream:
        for line in iter(lambda: stream.readline(_MAX_LINE), b""):
            lines.put(line)
    lines.put(b"")
