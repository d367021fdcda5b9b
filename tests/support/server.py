"""A server of chat completions on loopback, over real sockets, that fails on demand and counts requests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Plan:
    """What the server does with one request.

    Attributes:
        status: of the reply.
        text: of the reply; each sample has its place added where more than one is asked for.
        headers: beside the usual ones.
        body: sent instead of a completion.
        wait_s: before anything is sent.
        barrier: which this many requests must reach before any of them is answered.
        answered: whether it is answered at all while the server runs.
        gap_s: between two pieces of a stream.
        cut_after: pieces of a stream before the connection is cut.
    """

    status: int = 200
    text: str = "one two three"
    reasoning: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    wait_s: float = 0.0
    barrier: threading.Barrier | None = None
    answered: bool = True
    gap_s: float = 0.0
    cut_after: int | None = None


@dataclass
class Served:
    """A running server: its address, the plans not used yet, and the requests it got.

    Attributes:
        max_concurrent: requests that it has been working on at the same time, at most.
        closing: set when the server ends.
    """

    address: str
    plans: list[Plan] = field(default_factory=list)
    usual: Plan = field(default_factory=Plan)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    concurrent: int = 0
    max_concurrent: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def spec(self) -> str:
        return f"{self.address}#tiny"

    def next(self, request: dict[str, Any], key: str) -> Plan:
        with self.lock:
            self.requests.append(request)
            self.keys.append(key)
            return self.plans.pop(0) if self.plans else self.usual

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count the requests in progress."""
        with self.lock:
            self.concurrent += 1
            self.max_concurrent = max(self.max_concurrent, self.concurrent)
        try:
            yield
        finally:
            with self.lock:
                self.concurrent -= 1


@contextmanager
def serve() -> Iterator[Served]:
    """A server for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            plan = served.next(request, self.headers.get("Authorization", ""))
            # Counted until the reply is about to be sent: whoever has it may ask again at once.
            with served.working():
                time.sleep(plan.wait_s)
                if plan.barrier is not None:
                    plan.barrier.wait(20)
                if not plan.answered:
                    served.closing.wait(60)
            try:
                if plan.status == 200 and plan.body is None and request.get("stream"):
                    self._stream(plan)
                else:
                    body = plan.body if plan.body is not None else _completion(plan, request)
                    self._send(plan, body)
            except (BrokenPipeError, ConnectionResetError):
                served.gone.set()

        def _send(self, plan: Plan, body: bytes) -> None:
            self.send_response(plan.status)
            for name, value in {"Content-Type": "application/json", **plan.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            # A connection kept alive would outlive the event loop of its test.
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, plan: Plan) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for place, piece in enumerate(_pieces(plan)):
                if place == plan.cut_after:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.wfile.write(b"data: " + json.dumps(piece).encode() + b"\n\n")
                self.wfile.flush()
                time.sleep(plan.gap_s)
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Served(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.closing.set()
        server.shutdown()
        server.server_close()


def _completion(plan: Plan, request: dict[str, Any]) -> bytes:
    if plan.status != 200:
        return json.dumps({"error": {"message": f"fault {plan.status}", "type": "test"}}).encode()
    n = request.get("n") or 1
    choices = [
        {
            "index": place,
            "finish_reason": "length" if place else "stop",
            "message": {"role": "assistant", "content": plan.text if n == 1 else f"{plan.text} {place}"}
            | ({"reasoning_content": plan.reasoning} if plan.reasoning else {}),
            "logprobs": {
                "content": [{"token": "x", "logprob": -1.0 - place, "bytes": [], "top_logprobs": []}]
            },
        }
        for place in range(n)
    ]
    usage = {"prompt_tokens": 10, "completion_tokens": 3 * n, "total_tokens": 10 + 3 * n}
    return json.dumps(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "tiny",
            "choices": choices,
            "usage": usage,
        }
    ).encode()


def _pieces(plan: Plan) -> Iterator[dict[str, Any]]:
    head = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "tiny"}
    if plan.reasoning:
        delta: dict[str, Any] = {"role": "assistant", "reasoning_content": plan.reasoning}
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    for word in plan.text.split(" "):
        space = "" if plan.text.startswith(word) else " "
        yield {**head, "choices": [{"index": 0, "delta": {"content": space + word}, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield {**head, "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}}
