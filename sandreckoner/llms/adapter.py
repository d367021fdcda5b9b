"""Performs Ask on any chat model of LangChain."""

from __future__ import annotations

import asyncio
import contextvars
import copy
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import ModelTimeout
from sandreckoner.core.message import Completion
from sandreckoner.core.world import OnText
from sandreckoner.llms.attempts import Attempts
from sandreckoner.llms.deadline import call_within, given_up
from sandreckoner.llms.dialect import Dialect, dialect_of
from sandreckoner.llms.faults import explain
from sandreckoner.llms.patience import ONCE, Patience
from sandreckoner.llms.prices import FREE, Price, charged
from sandreckoner.llms.replies import from_message, from_result, to_langchain
from sandreckoner.llms.stopping import ThoughtFilter

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk
    from langchain_core.runnables import RunnableConfig

_AT_ONCE = 16


class LangChainModel:
    """A chat model of LangChain as a `core.world.Model`.

    n samples are drawn the cheapest way the backend has: one request with n, else concurrent requests with
    seeds of their own. Every request goes through LangChain's callbacks.

    Args:
        chat: the chat model.
        name: what it is called in journals; made from the chat model where it is not given.
        config: callbacks, tags and metadata for every request, as a Runnable gets them when it is invoked.
        logprobs: ask for log-probabilities, where the backend has them.
        dialect: what the backend calls its parameters; found by its class where it is not given.
        patience: how often a failed request is sent again; by default never, for many a chat model has
            retries of its own, and retries of retries multiply.
        price: of its tokens; a model on this machine is free, any other unknown where it is not given.
    """

    def __init__(
        self,
        chat: BaseChatModel,
        *,
        name: str = "",
        config: RunnableConfig | None = None,
        logprobs: bool = False,
        dialect: Dialect | None = None,
        patience: Patience = ONCE,
        price: Price | None = None,
    ) -> None:
        self.chat = chat
        self.name = name or _name_of(chat)
        self.config = config
        self.logprobs = logprobs
        self.dialect = dialect or dialect_of(chat)
        self.price = FREE if price is None and self.dialect.local else price
        self._attempts = Attempts(self.name, patience)
        self._uncached: BaseChatModel | None = None

    def with_config(self, config: RunnableConfig | None) -> LangChainModel:
        """The same model, its requests reported to the callbacks of `config`."""
        same = copy.copy(self)
        same.config = config
        return same

    @property
    def identity(self) -> str:
        """The name and every setting that may change a reply; a cache needs it. Holds no key."""
        return f"{self.name} {self.chat._get_llm_string()} {self.logprobs}"

    def close(self) -> None:
        """Stop what is being generated and free the weights, where the model is one of ours."""
        if callable(close := getattr(self.chat, "close", None)):
            close()

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """At most `effect.n` completions.

        Raises:
            ModelTimeout: `timeout_s` seconds went by.
            ContextOverflow: the prompt does not fit.
            ModelError: anything else that the backend raises.
        """
        requests = self._requests(effect, timeout_s)
        if on_text is not None and self._streams(effect):
            call = partial(self._stream, effect, requests[0], on_text)
        else:
            call = partial(self._generate_all, effect, requests)
        return call() if timeout_s is None else call_within(timeout_s, call, self.name)

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """`ask` for event loops."""
        requests = self._requests(effect, timeout_s)
        try:
            async with asyncio.timeout(timeout_s) as deadline:
                if on_text is not None and self._streams(effect):
                    return await self._astream(effect, requests[0], on_text)
                return await self._agenerate_all(effect, requests)
        except TimeoutError:
            if deadline.expired():
                raise ModelTimeout(f"{self.name}: no reply within {timeout_s:g} seconds") from None
            raise

    def _streams(self, effect: Ask) -> bool:
        # A backend without stop strings would show text that the reply will not have.
        return effect.n == 1 and (self.dialect.stop or not effect.stop)

    def _requests(self, effect: Ask, timeout_s: float | None) -> list[dict[str, Any]]:
        """The keyword arguments of each request that the samples take."""
        words = partial(self.dialect.words, effect, timeout_s=timeout_s, logprobs=self.logprobs)
        if self.dialect.n or effect.n == 1:
            return [words(n=effect.n, sample=0)]
        return [words(n=1, sample=sample) for sample in range(effect.n)]

    def _asked(self, words: dict[str, Any]) -> BaseChatModel:
        """The chat model; without its cache where that would give the same sample again and again."""
        from langchain_core.globals import get_llm_cache

        seeded = bool(self.dialect.seed) and self.dialect.seed in words
        cached = self.chat.cache or (self.chat.cache is None and get_llm_cache() is not None)
        if seeded or not cached or words.get("temperature", 1.0) == 0:
            return self.chat
        if self._uncached is None:
            self._uncached = self.chat.model_copy(update={"cache": False})
        return self._uncached

    def _settings(self) -> dict[str, Any]:
        from langchain_core.runnables.config import ensure_config

        config = ensure_config(self.config)
        return {key: config.get(key) for key in ("callbacks", "tags", "metadata", "run_name")}

    def _generate_all(self, effect: Ask, requests: list[dict[str, Any]]) -> tuple[Completion, ...]:
        messages, settings = to_langchain(effect.messages), self._settings()

        def generate(words: dict[str, Any]) -> tuple[Completion, ...]:
            chat = self._asked(words)
            result = self._attempts.make(lambda: chat.generate([messages], **settings, **words))
            return tuple(charged(one, self.price) for one in from_result(result, effect))

        if len(requests) == 1:
            return generate(requests[0])
        pool = ThreadPoolExecutor(min(len(requests), _AT_ONCE), thread_name_prefix="reckon-ask")
        try:
            jobs = [pool.submit(contextvars.copy_context().run, generate, words) for words in requests]
            return tuple(one for job in jobs for one in job.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    async def _agenerate_all(self, effect: Ask, requests: list[dict[str, Any]]) -> tuple[Completion, ...]:
        messages, settings = to_langchain(effect.messages), self._settings()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def generate(words: dict[str, Any]) -> tuple[Completion, ...]:
            chat = self._asked(words)
            async with gate:
                result = await self._attempts.amake(lambda: chat.agenerate([messages], **settings, **words))
            return tuple(charged(one, self.price) for one in from_result(result, effect))

        tasks = [asyncio.ensure_future(generate(words)) for words in requests]
        try:
            return tuple(one for reply in await asyncio.gather(*tasks) for one in reply)
        finally:
            for task in tasks:
                task.cancel()

    def _stream(self, effect: Ask, words: dict[str, Any], on_text: OnText) -> tuple[Completion, ...]:
        listener, messages = _Listener(on_text), to_langchain(effect.messages)

        def begin() -> tuple[Iterator[AIMessageChunk], AIMessageChunk | None]:
            stream = self._asked(words).stream(messages, self.config, **words)
            return stream, next(stream, None)

        # Sent again only while nothing has been heard.
        stream, chunk = self._attempts.make(begin)
        while chunk is not None and not given_up():
            listener.hear(chunk)
            try:
                chunk = next(stream, None)
            except Exception as fault:
                raise explain(fault, self.name) from fault
        return (charged(listener.completion(effect), self.price),)

    async def _astream(self, effect: Ask, words: dict[str, Any], on_text: OnText) -> tuple[Completion, ...]:
        listener, messages = _Listener(on_text), to_langchain(effect.messages)

        async def begin() -> tuple[AsyncIterator[AIMessageChunk], AIMessageChunk | None]:
            stream = self._asked(words).astream(messages, self.config, **words)
            return stream, await anext(stream, None)

        stream, chunk = await self._attempts.amake(begin)
        while chunk is not None:
            listener.hear(chunk)
            try:
                chunk = await anext(stream, None)
            except Exception as fault:
                raise explain(fault, self.name) from fault
        return (charged(listener.completion(effect), self.price),)


class _Listener:
    """Hands the text of a stream on as it comes, and keeps the chunks."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._filter = ThoughtFilter()
        self._chunks: list[AIMessageChunk] = []

    def hear(self, chunk: AIMessageChunk) -> None:
        self._chunks.append(chunk)
        if text := self._filter.feed(str(chunk.text)):
            self._on_text(text)

    def completion(self, effect: Ask) -> Completion:
        from langchain_core.messages.ai import AIMessageChunk, add_ai_message_chunks

        if text := self._filter.end():
            self._on_text(text)
        first, *rest = self._chunks or [AIMessageChunk(content="")]
        # A chat model that cannot stream gives one message, which is no chunk.
        return from_message(add_ai_message_chunks(first, *rest) if rest else first, effect)


def _name_of(chat: BaseChatModel) -> str:
    model = getattr(chat, "model_name", None) or getattr(chat, "model", None) or type(chat).__name__
    return f"{chat._llm_type}:{model}"
