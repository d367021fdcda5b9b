"""Any GGUF model in this process, as a chat model of LangChain."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from sandreckoner.core.errors import ModelTimeout
from sandreckoner.llms.bodies import ChunkMaker, as_result, bodies, tool_names
from sandreckoner.llms.catalogue import DEFAULT, find
from sandreckoner.llms.deadline import given_up
from sandreckoner.llms.dialect import Dialect
from sandreckoner.llms.engine import End, Engine, Event
from sandreckoner.llms.samples import Sample, Samples
from sandreckoner.llms.structured import structured

DIALECT = Dialect(
    n="n",
    top_p="top_p",
    top_k="top_k",
    seed="seed",
    grammar="grammar",
    logprobs="logprobs",
    timeout="timeout",
    local=True,
)
_OWN = ("temperature", "top_p", "top_k", "max_tokens", "seed", "stop", "logprobs", "cache_prompt", "timeout")
_WAKE_S = 0.05


def _cores() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, 16)


class _Holder:
    """The engine, loaded at the first question; copies of a model share it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engine: Engine | None = None


class ChatGGUF(BaseChatModel):
    """A GGUF model, run by llama.cpp inside this process.

    Samples of one question share the reading of the prompt; questions from several threads are answered side
    by side. An interrupt, a time-out or `close` ends a generation at its next token.

    >>> chat = ChatGGUF(model="qwen2.5-coder-0.5b", n_ctx=4096)

    Attributes:
        model: a name of the catalogue (`reckon models`), or the path of a file.
        n_ctx: tokens of context, for all slots together.
        slots: generations side by side; also the most samples that one reading of the prompt serves.
        threads: of the processor.
        gpu_layers: layers on the GPU, where the runtime has one; -1 for all.
        max_tokens: longest reply, so that no model writes for ever.
        logprobs: give the log-probability of every token.
        cache_prompt: keep what was read of a prompt for the next that begins alike. Without it, the same
            seed gives the same reply bit for bit; with it, rounding may make a difference now and then.
        timeout: seconds until a generation is given up.
        streaming: stream even where a whole reply is asked for, so that callbacks see every piece.
    """

    model_config = ConfigDict(extra="forbid")

    model: str = DEFAULT
    n_ctx: int = Field(8192, ge=256)
    slots: int = Field(8, ge=1, le=64)
    threads: int = Field(default_factory=_cores, ge=1)
    gpu_layers: int = 0
    temperature: float | None = Field(None, ge=0)
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = Field(2048, ge=1)
    seed: int | None = None
    stop: list[str] | None = None
    logprobs: bool = False
    cache_prompt: bool = True
    timeout: float | None = None
    streaming: bool = False
    _holder: _Holder = PrivateAttr(default_factory=_Holder)

    @property
    def dialect(self) -> Dialect:
        """What the parameters of an Ask are called here."""
        return DIALECT

    @property
    def _llm_type(self) -> str:
        return "llamacpp"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        # Also the key of LangChain's caches: everything that changes a reply.
        return self.model_dump(
            exclude={"name", "cache", "callbacks", "tags", "metadata", "verbose", "threads"}
        )

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"], params["ls_model_name"] = "llamacpp", kwargs.get("model", self.model)
        return params

    def _combine_llm_outputs(self, outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        counts = Counter[str]()
        for output in outputs:
            counts.update((output or {}).get("token_usage", {}))
        return {"token_usage": dict(counts), "model_name": self.model}

    def close(self) -> None:
        """Stop every generation and free the weights."""
        with self._holder.lock:
            if self._holder.engine is not None:
                self._holder.engine.close()

    def serving(self) -> tuple[str, str]:
        """The address on loopback where other programs may use this model, and the key that they need.

        It speaks OpenAI's protocol below `/v1`; the key is new for every load.
        """
        engine = self._engine()
        return engine.address, engine.key

    def _engine(self) -> Engine:
        with self._holder.lock:
            if self._holder.engine is None:
                self._holder.engine = Engine(
                    str(find(self.model)),
                    n_ctx=self.n_ctx,
                    slots=self.slots,
                    threads=self.threads,
                    gpu_layers=self.gpu_layers,
                )
            return self._holder.engine

    def _options(self, stop: list[str] | None, given: dict[str, Any]) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in _OWN}
        return own | ({"stop": stop} if stop else {}) | given

    def _chunks(self, request: dict[str, Any], timeout_s: float | None) -> Iterator[dict[str, Any]]:
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        generation = self._engine().start(request, events.put)
        try:
            while not given_up():
                if deadline is not None and time.monotonic() > deadline:
                    raise _too_slow(timeout_s)
                try:
                    event = events.get(timeout=_WAKE_S)
                except queue.Empty:
                    continue
                if isinstance(event, End):
                    _raise(event)
                    return
                yield event
        finally:
            generation.stop.set()

    async def _achunks(
        self, request: dict[str, Any], timeout_s: float | None
    ) -> AsyncIterator[dict[str, Any]]:
        events: asyncio.Queue[Event] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        engine = await asyncio.to_thread(self._engine)
        deadline = None if timeout_s is None else loop.time() + timeout_s
        generation = engine.start(request, _hand_over(loop, events))
        try:
            while True:
                left = None if deadline is None else deadline - loop.time()
                event = await asyncio.wait_for(events.get(), left)
                if isinstance(event, End):
                    _raise(event)
                    return
                yield event
        except TimeoutError:
            raise _too_slow(timeout_s) from None
        finally:
            generation.stop.set()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        options = self._options(stop, kwargs)
        done: list[Sample] = []
        for body in bodies(messages, options, self.slots):
            samples = Samples(body["n"])
            for chunk in self._chunks(body, options["timeout"]):
                samples.feed(chunk)
            done += samples.all
        return as_result(done, self.model, tool_names(options))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        options = self._options(stop, kwargs)
        done: list[Sample] = []
        for body in bodies(messages, options, self.slots):
            samples = Samples(body["n"])
            async for chunk in self._achunks(body, options["timeout"]):
                samples.feed(chunk)
            done += samples.all
        return as_result(done, self.model, tool_names(options))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        options = self._options(stop, kwargs)
        stream = ChunkMaker(self.model, tool_names(options))
        (body,) = bodies(messages, options | {"n": 1}, self.slots)
        for raw in self._chunks(body, options["timeout"]):
            if (chunk := stream.feed(raw)) is not None:
                if run_manager:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk
        yield stream.last()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        options = self._options(stop, kwargs)
        stream = ChunkMaker(self.model, tool_names(options))
        (body,) = bodies(messages, options | {"n": 1}, self.slots)
        async for raw in self._achunks(body, options["timeout"]):
            if (chunk := stream.feed(raw)) is not None:
                if run_manager:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk
        yield stream.last()

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools.

        Args:
            tools: in any form that LangChain knows.
            tool_choice: `auto`, `none`, `any`, or the name of one: then the reply is held to a call's schema.
            **kwargs: options of every question.
        """
        return self.bind(
            tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs
        )

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        include_raw: bool = False,
        method: str = "json_schema",
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Replies in the shape of `schema`; by `json_schema`, `json_mode` or `function_calling`."""
        if method == "function_calling":
            return super().with_structured_output(schema, include_raw=include_raw)
        return structured(self, schema, method=method, include_raw=include_raw)


def _hand_over(loop: asyncio.AbstractEventLoop, events: asyncio.Queue[Event]) -> Callable[[Event], None]:
    """Puts an event into an event loop's queue, from another thread."""

    def put(event: Event) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone, and nobody waits
            loop.call_soon_threadsafe(events.put_nowait, event)

    return put


def _raise(end: End) -> None:
    if end.error is not None:
        raise end.error


def _too_slow(timeout_s: float | None) -> ModelTimeout:
    return ModelTimeout(f"no reply within {timeout_s:g} seconds")
