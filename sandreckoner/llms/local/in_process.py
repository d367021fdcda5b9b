"""A model in this process as a chat model of LangChain, whatever runtime computes it."""

from __future__ import annotations

import asyncio
import threading
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

from sandreckoner.llms.client.parameter_map import ParameterMap
from sandreckoner.llms.local.chat_results import ChunkMaker, Sample, Samples, to_chat_result
from sandreckoner.llms.local.engine import Engine, achunks, chunks
from sandreckoner.llms.local.request_builder import build_requests, structured, tool_names

IN_PROCESS_PARAMETERS = ParameterMap(
    n="n",
    top_p="top_p",
    top_k="top_k",
    seed="seed",
    grammar="grammar",
    logprobs="logprobs",
    timeout="timeout",
    local=True,
)
_OWN = ("temperature", "top_p", "top_k", "max_tokens", "seed", "stop", "logprobs", "timeout")


class _LoadedEngine:
    """The engine, loaded at the first request; copies of a model share it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engine: Engine | None = None


class InProcessChat(BaseChatModel):
    """What the runtimes share. Each implements `_load`, which makes its engine, and `_max_samples`.

    Attributes:
        temperature: 0 is greedy.
        top_p: nucleus size in (0, 1].
        top_k: number of tokens kept.
        max_tokens: longest reply, so that no model writes without end.
        seed: of the first sample; each further one has the next.
        stop: strings at which a reply ends.
        logprobs: give the log-probability of every token.
        timeout: seconds until a generation is cancelled.
        streaming: stream even where a whole reply is asked for, so that callbacks see every piece.
    """

    model_config = ConfigDict(extra="forbid")

    model: str
    temperature: float | None = Field(None, ge=0)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=0)
    max_tokens: int | None = Field(2048, ge=1)
    seed: int | None = None
    stop: list[str] | None = None
    logprobs: bool = False
    timeout: float | None = None
    streaming: bool = False
    _loaded: _LoadedEngine = PrivateAttr(default_factory=_LoadedEngine)

    def _load(self) -> Engine:
        """The engine of this model, its weights loaded."""
        raise NotImplementedError

    @property
    def _max_samples(self) -> int:
        """The maximum number of samples that share one reading of the prompt."""
        raise NotImplementedError

    @property
    def parameter_map(self) -> ParameterMap:
        """The names of the parameters of an Ask."""
        return IN_PROCESS_PARAMETERS

    @property
    def _identifying_params(self) -> dict[str, Any]:
        # Also the key of LangChain's caches: everything that changes a reply.
        return self.model_dump(
            exclude={"name", "cache", "callbacks", "tags", "metadata", "verbose", "threads", "token"}
        )

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"], params["ls_model_name"] = self._llm_type, kwargs.get("model", self.model)
        return params

    def _combine_llm_outputs(self, outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        counts = Counter[str]()
        for output in outputs:
            counts.update((output or {}).get("token_usage", {}))
        return {"token_usage": dict(counts), "model_name": self.model}

    def close(self) -> None:
        """Stop every generation and free the weights."""
        with self._loaded.lock:
            if self._loaded.engine is not None:
                self._loaded.engine.close()

    def _engine(self) -> Engine:
        with self._loaded.lock:
            if self._loaded.engine is None:
                self._loaded.engine = self._load()
            return self._loaded.engine

    def _options(self, stop: list[str] | None, given: dict[str, Any]) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in _OWN}
        return own | ({"stop": stop} if stop else {}) | given

    @property
    def _about(self) -> dict[str, str]:
        return {"model_name": self.model, "model_provider": self._llm_type}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        options = self._options(stop, kwargs)
        done: list[Sample] = []
        for request in build_requests(messages, options, self._max_samples):
            samples = Samples(request["n"])
            for chunk in chunks(self._engine(), request, options["timeout"]):
                samples.feed(chunk)
            done += samples.all
        return to_chat_result(done, tool_names(options), **self._about)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        options = self._options(stop, kwargs)
        engine = await asyncio.to_thread(self._engine)
        done: list[Sample] = []
        for request in build_requests(messages, options, self._max_samples):
            samples = Samples(request["n"])
            async for chunk in achunks(engine, request, options["timeout"]):
                samples.feed(chunk)
            done += samples.all
        return to_chat_result(done, tool_names(options), **self._about)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        options = self._options(stop, kwargs)
        stream = ChunkMaker(tool_names(options), **self._about)
        (request,) = build_requests(messages, options | {"n": 1}, 1)
        for raw in chunks(self._engine(), request, options["timeout"]):
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
        stream = ChunkMaker(tool_names(options), **self._about)
        (request,) = build_requests(messages, options | {"n": 1}, 1)
        engine = await asyncio.to_thread(self._engine)
        async for raw in achunks(engine, request, options["timeout"]):
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
            tool_choice: `auto`, `none`, `any`, or the name of one: then the reply is constrained to
                its schema.
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
