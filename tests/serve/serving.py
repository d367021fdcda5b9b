"""A real `reckon serve` in a process of its own, and a model behind it that never replies."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

# Replies by the words of the question. `again` is of a model that is wrong once, `forever` of one in a loop.
SCRIPT = [
    {"when": "3 * 14", "text": "```python\nanswer = 3 * 14\n```"},
    {"when": "forever", "text": "```python\nanswer = 0\nwhile True:\n    answer += 1\n```"},
    {"when": "unreadable", "text": "I will not say."},
    {"when": "total and the difference", "text": "```python\nanswer = {'total': 7, 'difference': 1}\n```"},
    {
        "when": "revenue grow",
        "text": "```python\nold = 1104.6\nnew = 1218.9\nanswer = (new / old - 1) * 100\n```",
    },
    {"when": " ", "text": "```python\nanswer = 2 + 2\n```"},
]


@dataclass
class Served:
    """A server that runs.

    Attributes:
        url: without a slash at the end.
        process: `reckon serve`.
        home: its data folder.
        errors: the file with its log.
    """

    url: str
    process: subprocess.Popen[bytes]
    home: Path
    errors: Path

    def client(self, **rest: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, **rest)  # type: ignore[arg-type]

    def ask(self, question: str, model: str = "pal", **rest: object) -> httpx.Response:
        with self.client() as client:
            body = {"model": model, "messages": [{"role": "user", "content": question}], **rest}
            return client.post("/v1/chat/completions", json=body)

    @property
    def log(self) -> str:
        return self.errors.read_text()

    def logged(self, reply: httpx.Response) -> dict[str, object]:
        """The line of its log about a request; it is written after the reply has been sent."""
        request_id = reply.headers["x-request-id"]
        for _ in range(200):
            # The last line may be half written.
            lines = self.log.splitlines(keepends=True)
            whole = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]
            found = [line for line in whole if line["request_id"] == request_id]
            if found:
                return found[0]
            threading.Event().wait(0.05)
        raise AssertionError(f"no line of the log is about {request_id}:\n{self.log}")


@contextmanager
def reckon_serve(
    folder: Path, *arguments: str, model: str | None = "", **environment: str
) -> Iterator[Served]:
    """A server for the length of a block; its model is scripted, or that of the settings where it is None."""
    script = folder / "script.jsonl"
    script.write_text("".join(json.dumps(line) + "\n" for line in SCRIPT))
    errors, home = folder / "errors.txt", folder / "data"
    command = [sys.executable, "-m", "sandreckoner.cli", "serve", "--port", "0", *arguments]
    command += [] if model is None else ["--model", model or f"scripted:{script}"]
    with errors.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={**os.environ, "XDG_DATA_HOME": str(home), **environment},
        )
    try:
        yield Served(_address(process, errors), process, home, errors)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(45)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _address(process: subprocess.Popen[bytes], errors: Path) -> str:
    for _ in range(600):
        for line in errors.read_text().splitlines():
            if "serving on" in line:
                return line.split()[3].rstrip("/")
        assert process.poll() is None, errors.read_text()
        threading.Event().wait(0.1)
    raise AssertionError("the server did not start")


class SilentModel:
    """A model's address that takes requests and never replies; knows how many clients are still there."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.asked = threading.Event()
        self.left = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def spec(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1#silent"

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            threading.Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                self.asked.set()
            self.left.set()
