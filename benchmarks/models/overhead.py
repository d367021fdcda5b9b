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
from multiprocessing.connection import Connection

from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage

from sandreckoner.core.effects import Ask
from sandreckoner.core.message import Message
from sandreckoner.llms import ChatGGUF, LangChainModel, load_model

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


async def at_once_s(address: str, n: int) -> tuple[float, float]:
    """Seconds for `n` asks at once, of the bare chat model and of ours."""
    model = load_model(f"{address}#tiny")
    assert isinstance(model, LangChainModel)
    await asyncio.gather(*(model.aask(QUESTION) for _ in range(n)))  # the connections are made
    start = time.perf_counter()
    await asyncio.gather(*(model.chat.ainvoke("Two and two?") for _ in range(n)))
    middle = time.perf_counter()
    await asyncio.gather(*(model.aask(QUESTION) for _ in range(n)))
    return middle - start, time.perf_counter() - middle


def one_prompt(n: int) -> None:
    """Seconds for a long prompt alone, for n samples of it, and for the n samples' tokens."""
    text = "The lamp turns and the sea is grey and the keeper counts the ships. " * 40
    message = [HumanMessage(f"{text}\nWrite a story about it.")]
    chat = ChatGGUF(model="qwen2.5-coder-0.5b", n_ctx=8192, slots=n, cache_prompt=False)
    chat.generate([message], max_tokens=1)
    for label, samples, tokens in (
        ("1 sample, 1 token", 1, 1),
        (f"{n} samples, 1 token", n, 1),
        (f"{n}, 32", n, 32),
    ):
        start = time.perf_counter()
        result = chat.generate([message], n=samples, max_tokens=tokens, temperature=1.0, seed=1)
        assert result.llm_output is not None
        print(f"  {label:22} {time.perf_counter() - start:6.2f} s  {result.llm_output['token_usage']}")
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
    bare, ours = asyncio.run(at_once_s(f"http://127.0.0.1:{mine.recv()}/v1", 64))
    print(f"64 at once of a server that takes 1 s: bare {bare:.2f} s, ours {ours:.2f} s")
    server.terminate()
    if arguments.weights:
        print("one prompt of about 600 tokens, 0.5B, no prompt cache:")
        one_prompt(20)


if __name__ == "__main__":
    main()
