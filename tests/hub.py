"""A hub of models on loopback, as huggingface_hub expects it: over real sockets, cut short on demand."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hub:
    """A running hub.

    Attributes:
        address: for HF_ENDPOINT.
        files: the content of each file, by repository and name.
        cut_at: bytes of a file after which the first reply ends and further ones fail; None for none.
        ranges: the range that each download asked for, empty for the whole.
        answering: while it is cleared, no file is confirmed.
    """

    address: str
    files: dict[str, dict[str, bytes]]
    cut_at: int | None = None
    ranges: list[str] = field(default_factory=list)
    answering: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve_hub(files: dict[str, dict[str, bytes]]) -> Iterator[Hub]:
    """A hub for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            hub.answering.wait(30)
            self._begin(self._content(), 0)

        def do_GET(self) -> None:
            content, wanted = self._content(), self.headers.get("Range", "")
            start = int(wanted.removeprefix("bytes=").removesuffix("-") or 0)
            if content is not None:
                hub.ranges.append(wanted)
            if hub.cut_at is not None and start >= hub.cut_at:
                self.send_error(503)
                return
            self._begin(content, start)
            self.wfile.write((content or b"")[start : hub.cut_at])

        def _content(self) -> bytes | None:
            repository, _, file = self.path.removeprefix("/").partition("/resolve/main/")
            return hub.files.get(repository, {}).get(file)

        def _begin(self, content: bytes | None, start: int) -> None:
            if content is None:
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", "0" * 40)
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub = Hub(f"http://127.0.0.1:{server.server_port}", files)
    hub.answering.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        hub.answering.set()
        server.shutdown()
        server.server_close()
