"""How long a person waits: for the first token of `reckon ask`, for `reckon --help`, for the terminal.

    python benchmarks/terminal.py [--rounds 15]

The server is on loopback and sends a word every 2 ms, the first at once: what is measured is the client.
Beside `reckon ask --jsonl` stands the bare client, the `openai` package in a process of its own with the same
request, streaming. Each row is the median with the quartiles: milliseconds until the sign that is waited
for, and milliseconds of processor time of the whole process (children that it waited for included), which a
busy machine lengthens less.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RECKON = str(Path(sys.executable).with_name("reckon"))
WORDS = ["```python\nprice", "=", "3\npens", "=", "14\nanswer", "=", "price", "*", "pens\n```"]
BARE = """\
import sys
from openai import OpenAI
client = OpenAI(base_url=sys.argv[1], api_key="none")
request = client.chat.completions.create(
    model="tiny", messages=[{"role": "user", "content": "What do 14 pens cost?"}], stream=True)
for chunk in request:
    if chunk.choices and chunk.choices[0].delta.content:
        print(chunk.choices[0].delta.content, flush=True)
"""


@contextmanager
def server() -> Iterator[str]:
    """A server of chat completions that streams; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            head = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "tiny"}
            for place, word in enumerate(WORDS):
                delta = {"content": f" {word}" if place else word}
                piece = {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
                self.wfile.write(b"data: " + json.dumps(piece).encode() + b"\n\n")
                self.wfile.flush()
                time.sleep(0.002)
            end = {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
            self.wfile.write(b"data: " + json.dumps(end).encode() + b"\n\ndata: [DONE]\n\n")

        def log_message(self, *args: object) -> None: ...

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/v1"
    finally:
        httpd.shutdown()


def run(words: list[str], sign: str = "") -> tuple[float, float]:
    """Milliseconds until a process prints `sign`, or else ends; and milliseconds of processor time."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    took = 0.0
    for line in process.stdout:
        if sign and not took and sign in line:
            took = time.perf_counter() - start
    _, _, used = os.wait4(process.pid, 0)
    assert took or not sign, f"{words[:3]} never said {sign!r}"
    return (took or time.perf_counter() - start) * 1e3, (used.ru_utime + used.ru_stime) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with server() as address:
        ask = [RECKON, "ask", "What do 14 pens cost?", "--jsonl", "--model", f"{address}#tiny"]
        rows: dict[str, Callable[[], tuple[float, float]]] = {
            "first token, bare openai client": lambda: run([sys.executable, "-c", BARE, address], "```"),
            "first token, reckon ask": lambda: run(ask, '"event":"text"'),
            "reckon --help": lambda: run([RECKON, "--help"]),
            "reckon chat, opened and closed": lambda: run([RECKON, "chat", "--model", f"{address}#tiny"]),
            "python -c pass": lambda: run([sys.executable, "-c", "pass"]),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
        for _ in range(rounds):  # by turns, so that a busy moment strikes all alike
            for name, measure in rows.items():
                times[name].append(measure())
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, {rounds} rounds")
    for name, taken in times.items():
        columns = [statistics.quantiles(column, n=4) for column in zip(*taken, strict=True)]
        print(f"{name:32}" + "".join(f"{mid:9.0f} ms [{low:.0f}, {high:.0f}]" for low, mid, high in columns))


if __name__ == "__main__":
    main()
