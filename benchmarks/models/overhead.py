"""What our layer costs: time per call over the bare chat model, many asks at once, n samples of one prompt.

    python benchmarks/models/overhead.py [--weights]

The server is a process of its own on loopback and takes a second for each reply. With `--weights` the small
embedded model is timed as well (`reckon models pull qwen2.5-coder-0.5b`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from multiprocessing.connection import Connection

from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage

from sandreckoner.core.effects import Ask
from sandreckoner.core.message import Message
from sandreckoner.llms import ChatGGUF, LangChainModel, load_model
from sandreckoner.llms.local.engine import chunks

QUESTION = Ask((Message("user", "Two and two?"),))
REPLY = json.dumps(
    {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "tiny",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "4"}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11},
    }
).encode()


def overhead_ms(rounds: int = 2000) -> tuple[float, float]:
    """Median milliseconds of the bare chat model, and of ours around it."""
    chat = FakeListChatModel(responses=["4"])
    model, messages = LangChainModel(chat), [HumanMessage("Two and two?")]
    bare, ours = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        chat.generate([messages])
        middle = time.perf_counter()
        model.ask(QUESTION)
        ours.append((time.perf_counter() - middle) * 1e3)
        bare.append((middle - start) * 1e3)
    return statistics.median(bare), statistics.median(ours)


def serve(pipe: Connection) -> None:
    """Answer every request after a second."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            await reader.readexactly(int(length.split(b":")[1]))
            await asyncio.sleep(1)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n" % len(REPLY) + REPLY)
            await writer.drain()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


Seconds = tuple[float, float]  # of the wall clock, and of this process on the processor


async def at_once_s(address: str, n: int, rounds: int = 5) -> tuple[Seconds, Seconds]:
    """Median seconds for `n` asks at once, of the bare chat model and of ours, in turns."""
    model = load_model(f"{address}#tiny")
    assert isinstance(model, LangChainModel)
    ours: Callable[[], Awaitable[object]] = lambda: model.aask(QUESTION)  # noqa: E731
    bare: Callable[[], Awaitable[object]] = lambda: model.chat.ainvoke("Two and two?")  # noqa: E731
    await _together(ours, n)  # the connections are made
    taken = [(await _together(bare, n), await _together(ours, n)) for _ in range(rounds)]
    return _median([one for one, _ in taken]), _median([one for _, one in taken])


async def _together(call: Callable[[], Awaitable[object]], n: int) -> Seconds:
    wall, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(call() for _ in range(n)))
    return time.perf_counter() - wall, time.process_time() - processor


def _median(seconds: Sequence[Seconds]) -> Seconds:
    return statistics.median(one for one, _ in seconds), statistics.median(one for _, one in seconds)


def one_prompt(n: int, tokens: int = 32) -> None:
    """What n samples of one long prompt cost, beside the prompt alone and as many tokens in one stream."""
    text = "The lamp turns and the sea is grey and the keeper counts the ships. " * 40
    chat = ChatGGUF(model="qwen2.5-coder-0.5b", n_ctx=8192, slots=n)
    grammar = "root ::= [a-z ]*"  # no sample ends before its length
    body = {"messages": [{"role": "user", "content": f"{text}\nWrite a story."}], "grammar": grammar}
    body |= {"cache_prompt": False, "temperature": 1.0, "seed": 1}
    list(chunks(chat._engine(), body | {"n": 1, "max_tokens": 1}, None))
    seconds = {}
    for label, samples, longest in (
        ("the prompt alone", 1, 1),
        (f"{n} samples of 1", n, 1),
        (f"{n} samples of {tokens}", n, tokens),
        (f"1 sample of {n * tokens}", 1, n * tokens),
    ):
        start, processor = time.perf_counter(), time.process_time()
        heard = list(chunks(chat._engine(), body | {"n": samples, "max_tokens": longest}, None))
        wall, seconds[label] = time.perf_counter() - start, time.process_time() - processor
        # Each sample reports the one reading that it shares: what it cost stands in the seconds.
        read = max(chunk["timings"]["prompt_n"] for chunk in heard if "timings" in chunk)
        written = sum(chunk["usage"]["completion_tokens"] for chunk in heard if chunk.get("usage"))
        print(
            f"  {label:18} {wall:6.2f} s, {seconds[label]:6.2f} s on the processor, "
            f"tokens read {read}, tokens written {written}"
        )
    single, shared, together, alone = seconds.values()
    print(f"  {n} samples read their prompt in {shared / single:.2f} of the processor's time of one")
    print(
        f"  {n} samples take {together / alone:.2f} of the processor's time of as many tokens in one stream"
    )
    chat.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", action="store_true", help="time the small embedded model as well")
    arguments = parser.parse_args()
    bare, ours = overhead_ms()
    print(f"a call, medians: bare {bare:.3f} ms, ours {ours:.3f} ms, difference {ours - bare:.3f} ms")
    mine, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    both = asyncio.run(at_once_s(f"http://127.0.0.1:{mine.recv()}/v1", 64))
    print("64 at once of a server that takes 1 s, medians of 5:")
    for label, (wall, processor) in zip(("bare", "ours"), both, strict=True):
        print(f"  {label} {wall:.2f} s, of which {processor:.2f} s on the processor")
    server.terminate()
    if arguments.weights:
        print("one prompt of about 600 tokens, 0.5B, no prompt cache:")
        one_prompt(20)


if __name__ == "__main__":
    main()
