"""What `reckon serve` costs: overhead, requests a second, what vanished clients leave, memory, pictures.

python benchmarks/serve.py [--requests 10000] [--pdf FILING --question … --figure 14,544]

The model is scripted, so that what is measured is the server; client and server share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from sandreckoner import chain
from sandreckoner.testing import ScriptedModel

REPLIES = {"cot": "Three times fourteen is 42. The answer is 42.", "pal": "```python\nanswer = 3 * 14\n```"}
QUESTION = "What is 3 * 14?"
AT_ONCE = 64


class Client:
    """One connection that is kept: as little as a client can be, since it shares the processors."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Client:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self, model: str) -> float:
        """Ask, check the answer, and return the seconds."""
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": QUESTION}]}).encode()
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        begun = time.perf_counter()
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        headers = await self._reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line[15:]) for line in headers.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        reply = await self._reader.readexactly(size)
        assert b'"content":"42"' in reply, reply[:300]
        return time.perf_counter() - begun


async def many(port: int, model: str, requests: int) -> float:
    """Requests a second with 64 at once."""
    left = iter(range(requests))

    async def work() -> None:
        async with Client(port) as client:
            for _ in left:
                await client.ask(model)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return requests / (time.perf_counter() - begun)


async def one_by_one(port: int, model: str, requests: int) -> list[float]:
    async with Client(port) as client:
        return [await client.ask(model) for _ in range(requests)]


def in_process(model: str, requests: int) -> list[float]:
    """The same strategy in an event loop of this process."""

    async def work() -> list[float]:
        seconds = []
        with chain(model, model=ScriptedModel(lambda _: REPLIES[model])) as solver:
            for _ in range(requests):
                begun = time.perf_counter()
                assert (await solver.ainvoke(QUESTION)).text == "42"
                seconds.append(time.perf_counter() - begun)
        return seconds

    return asyncio.run(work())


async def vanish(port: int, clients: int) -> None:
    """Clients of a program that never ends, which go away in the middle of the stream."""

    async def work() -> None:
        _, writer = reader, writer = await asyncio.open_connection("127.0.0.1", port)
        messages = [{"role": "user", "content": "forever"}]
        body = json.dumps({"model": "pal", "stream": True, "messages": messages}).encode()
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await reader.readuntil(b"data: ")
        await asyncio.sleep(0.3)
        writer.transport.abort()

    for _ in range(0, clients, 20):
        await asyncio.gather(*(work() for _ in range(20)))


def state(pid: int) -> dict[str, int]:
    """Processes below the server's; its threads, open files, megabytes, and milliseconds of processor."""
    said = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in said.splitlines()[1:]]
    below = {str(pid)}
    while new := {child for child, parent in rows if parent in below and child not in below}:
        below |= new
    status = Path(f"/proc/{pid}/status").read_text()
    numbers = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if len(line.split()) > 1}
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    cpu_s = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
    files = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
    return {
        "processes": len(below) - 1,
        "threads": int(numbers["Threads"]),
        "files": files,
        "MB": int(numbers["VmRSS"]) // 1024,
        "cpu_ms": round(1000 * cpu_s),
    }


def pictures(url: str, pdf: Path, question: str) -> tuple[float, float, float]:
    """Milliseconds to the framed picture: of a question's first click, of the next, of the same again."""
    with httpx.Client(base_url=url, timeout=600) as client:
        client.put(f"/v1/documents/{pdf.name}", content=pdf.read_bytes()).raise_for_status()
        body = {
            "model": "look",
            "messages": [{"role": "user", "content": question}],
        }
        told = client.post("/v1/chat/completions", json=body).raise_for_status().json()["sandreckoner"]
        paths = [place["path"] for number in told["numbers"] for place in number["places"]]
        assert paths, told
        seconds = []
        for path in (*paths[:1], *(paths[1:2] or paths[:1]), paths[0]):
            begun = time.perf_counter()
            shown = client.get(f"{path}/place").raise_for_status().json()
            client.get(f"{path}/picture").raise_for_status()
            assert shown["frame"]["figure"], shown
            seconds.append(1000 * (time.perf_counter() - begun))
    return seconds[0], seconds[1], seconds[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--pdf", type=Path)
    parser.add_argument("--question", default="What were the net sales for the years ended June 30?")
    parser.add_argument("--figure", default="14,544")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    script = [
        {"when": "forever", "text": "```python\nanswer = 0\nwhile True:\n    answer += 1\n```"},
        {"when": given.question, "text": f"```python\nanswer = {given.figure.replace(',', '')} * 1\n```"},
        {"when": QUESTION, "text": REPLIES["pal"]},
        {"when": f"Q: {QUESTION}", "text": REPLIES["cot"]},
    ]
    (folder / "script.jsonl").write_text("".join(json.dumps(line) + "\n" for line in script))
    command = [sys.executable, "-m", "sandreckoner.cli", "serve", "--port", "0", "--quiet"]
    command += ["--model", f"scripted:{folder}/script.jsonl", "--offer", "pal", "--offer", "look=pal"]
    environment = {**os.environ, "XDG_DATA_HOME": str(folder / "data")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        url = next(line.split()[3] for line in server.stderr if "serving on" in line).rstrip("/")
        try:
            measure(server.pid, url, given)
        finally:
            server.terminate()


def measure(pid: int, url: str, given: argparse.Namespace) -> None:
    port = int(url.rpartition(":")[2])
    asyncio.run(one_by_one(port, "pal", 20))
    inside, over = in_process("pal", 200), asyncio.run(one_by_one(port, "pal", 200))
    here, there = 1000 * statistics.median(inside), 1000 * statistics.median(over)
    print(f"pal, one by one: in process {here:.2f} ms, over HTTP {there:.2f} ms (medians of 200)")
    before = state(pid)
    rate = asyncio.run(many(port, "pal", given.requests))
    after = state(pid)
    spent = (after["cpu_ms"] - before["cpu_ms"]) / given.requests
    print(
        f"pal, {AT_ONCE} at once: {rate:.0f} requests a second; {spent:.2f} ms of the server's processor each"
    )
    print(f"{given.requests:,} requests: before {before}, after {after}")
    before = state(pid)
    asyncio.run(vanish(port, 200))
    time.sleep(5)
    print(f"200 clients that vanish: before {before}, after {state(pid)}")
    if given.pdf:
        first, other, again = pictures(url, given.pdf, given.question)
        print(f"framed picture: {first:.0f} ms, another place {other:.0f} ms, again {again:.0f} ms")


if __name__ == "__main__":
    main()
