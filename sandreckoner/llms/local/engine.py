"""Weights in this process: requests in, chunks out as they arrive, cancelled at any moment."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandreckoner.core.errors import ModelError, ModelTimeout, ModelUnavailable, SandreckonerError
from sandreckoner.core.trace import ON_PROMPT
from sandreckoner.llms.client.deadline import is_cancelled
from sandreckoner.llms.local.circle_guard import CircleGuard
from sandreckoner.llms.local.processor_turn import ProcessorTurn


@dataclass(frozen=True, slots=True)
class GenerationEnd:
    """The last event of a generation."""

    error: SandreckonerError | None = None


Event = dict[str, Any] | GenerationEnd
Emit = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Generation:
    """A request in progress. Setting `stop` ends it at the next token."""

    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


class Engine:
    """The loaded weights of one model. Safe to use from several threads; its creator closes it.

    A runtime implements `_write`, which performs one request, and `_free`.
    """

    def __init__(self, *, threads: int = 0) -> None:
        """Begin with no generation.

        Args:
            threads: of the processor that it computes with; 0 where another device computes.
        """
        self._processor = ProcessorTurn(threads) if threads else None
        self._generations: dict[int, Generation] = {}
        self._lock = threading.Lock()
        self._closed = False
        # A thread that is still in the runtime when the interpreter goes would abort the process.
        atexit.register(self.close)

    def start(self, request: dict[str, Any], emit: Callable[[Event], None]) -> Generation:
        """Begin a generation in a thread of its own.

        Args:
            request: the body of a chat completion, in OpenAI's protocol with the runtime's additions.
            emit: called from that thread with every chunk of the protocol, and at the end with a
                `GenerationEnd`.

        Raises:
            ModelUnavailable: the engine is closed.
        """
        generation = Generation()
        with self._lock:
            if self._closed:
                raise ModelUnavailable("this model is closed; load it again")
            self._generations[id(generation)] = generation
        threading.Thread(target=self._work, args=(generation, request, emit), name="llm", daemon=True).start()
        return generation

    def _work(self, generation: Generation, request: dict[str, Any], emit: Callable[[Event], None]) -> None:
        error: SandreckonerError | None = None
        try:
            with self._processor.taken(generation.stop) if self._processor else contextlib.nullcontext():
                self._write(request, generation, self._guarded(request, generation, emit))
        except SandreckonerError as fault:
            error = fault
        except Exception as fault:  # nobody sees what a thread raises: it goes to whoever waits
            error = ModelError(
                f"the runtime failed: {type(fault).__name__}: {' '.join(str(fault).split())[:300]}"
            )
        finally:
            with self._lock:
                del self._generations[id(generation)]
                closed = self._closed
            generation.ended.set()
            if closed and error is None:
                error = ModelUnavailable("this model was closed during the generation")
            emit(GenerationEnd(error))

    def close(self) -> None:
        """Stop every generation and free the weights. Closing twice is no mistake."""
        with self._lock:
            self._closed = True
            running = list(self._generations.values())
        for generation in running:
            generation.stop.set()
        for generation in running:
            generation.ended.wait()
        self._free()
        atexit.unregister(self.close)

    def _write(self, request: dict[str, Any], generation: Generation, emit: Emit) -> None:
        """Perform a request, chunk by chunk, until it ends or `generation.stop` is set.

        Raises:
            SandreckonerError: it cannot be performed.
        """
        raise NotImplementedError

    def _guarded(self, request: dict[str, Any], generation: Generation, emit: Emit) -> Emit:
        """`emit`, and the end of a greedy reply that goes in circles."""
        guard = CircleGuard(request)

        def emit_guarded(chunk: dict[str, Any]) -> None:
            emit(chunk)
            for end in guard.ends(chunk):
                emit(end)
                generation.stop.set()

        return emit_guarded

    def _free(self) -> None:
        """Let go of the weights."""
        raise NotImplementedError


_WAKE_S = 0.05


def chunks(engine: Engine, request: dict[str, Any], timeout_s: float | None) -> Iterator[dict[str, Any]]:
    """The chunks of one request.

    Raises:
        ModelTimeout: `timeout_s` seconds went by.
        SandreckonerError: what the engine ended with.
    """
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    generation = engine.start(request, events.put)
    try:
        while not is_cancelled():
            if deadline is not None and time.monotonic() > deadline:
                raise _too_slow(timeout_s)
            try:
                event = events.get(timeout=_WAKE_S)
            except queue.Empty:
                continue
            if isinstance(event, GenerationEnd):
                _raise(event)
                return
            _report(event)
            yield event
    finally:
        generation.stop.set()


async def achunks(
    engine: Engine, request: dict[str, Any], timeout_s: float | None
) -> AsyncIterator[dict[str, Any]]:
    """`chunks` for event loops."""
    events: asyncio.Queue[Event] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    deadline = None if timeout_s is None else loop.time() + timeout_s
    generation = engine.start(request, _emit_into(loop, events))
    try:
        while True:
            left = None if deadline is None else deadline - loop.time()
            event = await asyncio.wait_for(events.get(), left)
            if isinstance(event, GenerationEnd):
                _raise(event)
                return
            _report(event)
            yield event
    except TimeoutError:
        raise _too_slow(timeout_s) from None
    finally:
        generation.stop.set()


def _emit_into(loop: asyncio.AbstractEventLoop, events: asyncio.Queue[Event]) -> Callable[[Event], None]:
    """Puts an event into an event loop's queue, from another thread."""

    def put(event: Event) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
            loop.call_soon_threadsafe(events.put_nowait, event)

    return put


def _report(chunk: dict[str, Any]) -> None:
    """Tell who listens how much of the prompt is read, where the chunk says so."""
    listener = ON_PROMPT.get()
    if listener is not None and "prompt_share" in chunk:
        listener(chunk["prompt_share"])


def _raise(end: GenerationEnd) -> None:
    if end.error is not None:
        raise end.error


def _too_slow(timeout_s: float | None) -> ModelTimeout:
    return ModelTimeout(f"no reply within {timeout_s:g} seconds")
