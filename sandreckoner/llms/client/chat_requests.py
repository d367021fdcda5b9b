"""The requests that one Ask takes of a chat model of LangChain: their replies, whole or as streams."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import OnText
from sandreckoner.core.message import Completion
from sandreckoner.llms.client.deadline import given_up
from sandreckoner.llms.client.replies import from_message, from_result, reasoning_of, to_langchain
from sandreckoner.llms.client.retry import Attempts
from sandreckoner.reading.stop_strings import ThoughtFilter
from sandreckoner.settings.prices import Price, charged

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk
    from langchain_core.outputs import LLMResult
    from langchain_core.runnables import RunnableConfig

_AT_ONCE = 16
_LETTERS_A_TOKEN = 4

Words = Mapping[str, Any]


class Requests:
    """Sends the requests of one Ask.

    Args:
        effect: what is asked.
        chat: whom.
        config: callbacks, tags and metadata of each request.
        attempts: how a request is sent, and sent again.
        price: of the tokens.
    """

    def __init__(
        self,
        effect: Ask,
        chat: BaseChatModel,
        config: RunnableConfig | None,
        attempts: Attempts,
        price: Price | None,
    ) -> None:
        self._effect = effect
        self._chat = chat
        self._config = config
        self._attempts = attempts
        self._gate = attempts.rate_limiter
        self._price = price
        self._messages = to_langchain(effect.messages)
        letters = sum(len(message.content) for message in effect.messages)
        self._prompt_tokens = letters // _LETTERS_A_TOKEN

    def generate_all(self, requests: Sequence[Words]) -> tuple[Completion, ...]:
        """The replies of all requests, which are sent at once; each is given as its keyword arguments."""
        if len(requests) == 1:
            return self._generate(requests[0])
        pool = ThreadPoolExecutor(min(len(requests), _AT_ONCE), thread_name_prefix="reckon-ask")
        try:
            jobs = [pool.submit(contextvars.copy_context().run, self._generate, words) for words in requests]
            return tuple(one for job in jobs for one in job.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    async def agenerate_all(self, requests: Sequence[Words]) -> tuple[Completion, ...]:
        """`generate_all` for event loops."""
        if len(requests) == 1:
            return await self._agenerate(requests[0])
        few = asyncio.Semaphore(_AT_ONCE)

        async def generate(words: Words) -> tuple[Completion, ...]:
            async with few:
                return await self._agenerate(words)

        tasks = [asyncio.ensure_future(generate(words)) for words in requests]
        try:
            return tuple(one for reply in await asyncio.gather(*tasks) for one in reply)
        finally:
            for task in tasks:
                task.cancel()

    def stream(self, words: Words, on_text: OnText) -> tuple[Completion, ...]:
        """The reply of one request, its text handed to `on_text` as it comes."""
        listener, expected = _Listener(on_text), self._expected(words)

        def begin() -> tuple[Iterator[AIMessageChunk], AIMessageChunk | None]:
            stream = self._chat.stream(self._messages, self._config, **words)
            return stream, next(stream, None)

        with self._gate.place():
            # Sent again only while nothing has been heard.
            stream, chunk = self._attempts.make(begin, expected)
            while chunk is not None and not given_up():
                listener.hear(chunk)
                try:
                    chunk = next(stream, None)
                except Exception as fault:
                    raise self._attempts.explain(fault)  # noqa: B904  # it knows its cause
        return self._settled((listener.completion(self._effect),), expected)

    async def astream(self, words: Words, on_text: OnText) -> tuple[Completion, ...]:
        """`stream` for event loops."""
        listener, expected = _Listener(on_text), self._expected(words)

        async def begin() -> tuple[AsyncIterator[AIMessageChunk], AIMessageChunk | None]:
            stream = self._chat.astream(self._messages, self._config, **words)
            return stream, await anext(stream, None)

        async with self._gate.aplace():
            stream, chunk = await self._attempts.amake(begin, expected)
            while chunk is not None:
                listener.hear(chunk)
                try:
                    chunk = await anext(stream, None)
                except Exception as fault:
                    raise self._attempts.explain(fault)  # noqa: B904  # it knows its cause
        return self._settled((listener.completion(self._effect),), expected)

    def _generate(self, words: Words) -> tuple[Completion, ...]:
        expected, settings = self._expected(words), self._settings()

        def call() -> LLMResult:
            return self._chat.generate([self._messages], **settings, **words)

        with self._gate.place():
            result = self._attempts.make(call, expected)
        return self._settled(from_result(result, self._effect), expected)

    async def _agenerate(self, words: Words) -> tuple[Completion, ...]:
        expected, settings = self._expected(words), self._settings()
        async with self._gate.aplace():
            result = await self._attempts.amake(
                lambda: self._chat.agenerate([self._messages], **settings, **words), expected
            )
        return self._settled(from_result(result, self._effect), expected)

    def _settings(self) -> dict[str, Any]:
        from langchain_core.runnables.config import ensure_config

        config = ensure_config(self._config)
        return {key: config.get(key) for key in ("callbacks", "tags", "metadata", "run_name")}

    def _expected(self, words: Words) -> int:
        """About how many tokens a request takes, as providers reckon it: with the longest reply it allows."""
        return self._prompt_tokens + (words.get("n") or 1) * (self._effect.max_tokens or 0)

    def _settled(self, completions: Sequence[Completion], expected: int) -> tuple[Completion, ...]:
        """The completions with what they cost; the gate is told what they took."""
        if taken := sum(one.usage.tokens for one in completions):
            self._gate.correct(taken - expected)
        return tuple(charged(one, self._price) for one in completions)


class _Listener:
    """Hands the text of a stream on as it comes, and keeps the chunks."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._filter = ThoughtFilter()
        self._chunks: list[AIMessageChunk] = []

    def hear(self, chunk: AIMessageChunk) -> None:
        self._chunks.append(chunk)
        self._tell(reasoning_of(chunk), "")
        self._tell(*self._filter.feed(str(chunk.text)))

    def _tell(self, thought: str, text: str) -> None:
        if thought:
            self._on_text(thought, thought=True)
        if text:
            self._on_text(text)

    def completion(self, effect: Ask) -> Completion:
        from langchain_core.messages.ai import AIMessageChunk, add_ai_message_chunks

        self._tell(*self._filter.end())
        first, *rest = self._chunks or [AIMessageChunk(content="")]
        # A chat model that cannot stream gives one message, which is no chunk.
        return from_message(add_ai_message_chunks(first, *rest) if rest else first, effect)
