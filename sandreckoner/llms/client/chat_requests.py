"""The requests that one Ask makes to a chat model of LangChain, and their replies, whole or streamed."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import OnText
from sandreckoner.core.message import Completion
from sandreckoner.llms.client.deadline import is_cancelled
from sandreckoner.llms.client.replies import from_message, from_result, reasoning_of, to_langchain
from sandreckoner.llms.client.retry import RetryingClient
from sandreckoner.reading.stop_strings import ThoughtFilter
from sandreckoner.settings.prices_and_limits import Price, with_cost

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk
    from langchain_core.outputs import LLMResult
    from langchain_core.runnables import RunnableConfig

_AT_ONCE = 16
_LETTERS_A_TOKEN = 4

Arguments = Mapping[str, Any]


def with_tools(chat: BaseChatModel, effect: Ask) -> tuple[BaseChatModel, Arguments]:
    """The chat model, and the keyword arguments that offer it the tools of an Ask."""
    if not effect.tools:
        return chat, {}
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableBinding

    from sandreckoner.llms.client.runnable_chat import as_chat_model

    functions = [
        {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
        for tool in effect.tools
    ]
    choice = {} if effect.tool_choice == "auto" else {"tool_choice": effect.tool_choice}
    bound = chat.bind_tools([{"type": "function", "function": each} for each in functions], **choice)
    if isinstance(bound, RunnableBinding) and isinstance(bound.bound, BaseChatModel):
        return bound.bound, dict(bound.kwargs)
    return (bound, {}) if isinstance(bound, BaseChatModel) else (as_chat_model(bound), {})


class Requests:
    """Sends the requests of one Ask.

    Args:
        effect: the Ask.
        chat: the chat model.
        config: callbacks, tags and metadata of each request.
        client: sends a request, with retries.
        price: of the tokens.
        offered: keyword arguments that offer tools.
    """

    def __init__(
        self,
        effect: Ask,
        chat: BaseChatModel,
        config: RunnableConfig | None,
        client: RetryingClient,
        price: Price | None,
        offered: Arguments | None = None,
    ) -> None:
        self._effect = effect
        self._chat = chat
        self._config = config
        self._client = client
        self._rate_limiter = client.rate_limiter
        self._price = price
        self._offered = offered or {}
        self._messages = to_langchain(effect.messages)
        letters = sum(len(message.content) for message in effect.messages)
        self._prompt_tokens = letters // _LETTERS_A_TOKEN

    def generate_all(self, requests: Sequence[Arguments]) -> tuple[Completion, ...]:
        """The replies to all requests, sent concurrently; each request is given as its keyword arguments."""
        if len(requests) == 1:
            return self._generate(requests[0])
        pool = ThreadPoolExecutor(min(len(requests), _AT_ONCE), thread_name_prefix="reckon-ask")
        try:
            jobs = [
                pool.submit(contextvars.copy_context().run, self._generate, arguments)
                for arguments in requests
            ]
            return tuple(one for job in jobs for one in job.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    async def agenerate_all(self, requests: Sequence[Arguments]) -> tuple[Completion, ...]:
        """`generate_all` for event loops."""
        if len(requests) == 1:
            return await self._agenerate(requests[0])
        few = asyncio.Semaphore(_AT_ONCE)

        async def generate(arguments: Arguments) -> tuple[Completion, ...]:
            async with few:
                return await self._agenerate(arguments)

        tasks = [asyncio.ensure_future(generate(arguments)) for arguments in requests]
        try:
            return tuple(one for reply in await asyncio.gather(*tasks) for one in reply)
        finally:
            for task in tasks:
                task.cancel()

    def stream(self, arguments: Arguments, on_text: OnText) -> tuple[Completion, ...]:
        """The reply to one request, its text passed to `on_text` as it arrives."""
        listener, expected = _StreamListener(on_text), self._expected_tokens(arguments)

        def begin() -> tuple[Iterator[AIMessageChunk], AIMessageChunk | None]:
            stream = self._chat.stream(self._messages, self._config, **self._offered, **arguments)
            return stream, next(stream, None)

        with self._rate_limiter.slot():
            # Retried only until the first chunk has arrived.
            stream, chunk = self._client.call(begin, expected)
            while chunk is not None and not is_cancelled():
                listener.add(chunk)
                try:
                    chunk = next(stream, None)
                except Exception as fault:
                    raise self._client.explain(fault)  # noqa: B904  # it knows its cause
        return self._priced((listener.completion(self._effect),), expected)

    async def astream(self, arguments: Arguments, on_text: OnText) -> tuple[Completion, ...]:
        """`stream` for event loops."""
        listener, expected = _StreamListener(on_text), self._expected_tokens(arguments)

        async def begin() -> tuple[AsyncIterator[AIMessageChunk], AIMessageChunk | None]:
            stream = self._chat.astream(self._messages, self._config, **self._offered, **arguments)
            return stream, await anext(stream, None)

        async with self._rate_limiter.aslot():
            stream, chunk = await self._client.acall(begin, expected)
            while chunk is not None:
                listener.add(chunk)
                try:
                    chunk = await anext(stream, None)
                except Exception as fault:
                    raise self._client.explain(fault)  # noqa: B904  # it knows its cause
        return self._priced((listener.completion(self._effect),), expected)

    def _generate(self, arguments: Arguments) -> tuple[Completion, ...]:
        expected, settings = self._expected_tokens(arguments), self._callback_config()

        def call() -> LLMResult:
            return self._chat.generate([self._messages], **settings, **self._offered, **arguments)

        with self._rate_limiter.slot():
            result = self._client.call(call, expected)
        return self._priced(from_result(result, self._effect), expected)

    async def _agenerate(self, arguments: Arguments) -> tuple[Completion, ...]:
        expected, settings = self._expected_tokens(arguments), self._callback_config()
        async with self._rate_limiter.aslot():
            result = await self._client.acall(
                lambda: self._chat.agenerate([self._messages], **settings, **self._offered, **arguments),
                expected,
            )
        return self._priced(from_result(result, self._effect), expected)

    def _callback_config(self) -> dict[str, Any]:
        from langchain_core.runnables.config import ensure_config

        config = ensure_config(self._config)
        return {key: config.get(key) for key in ("callbacks", "tags", "metadata", "run_name")}

    def _expected_tokens(self, arguments: Arguments) -> int:
        """An estimate of a request's tokens, as providers count them: with the longest reply it allows."""
        return self._prompt_tokens + (arguments.get("n") or 1) * (self._effect.max_tokens or 0)

    def _priced(self, completions: Sequence[Completion], expected: int) -> tuple[Completion, ...]:
        """The completions with their cost; corrects the estimate of the rate limiter."""
        if taken := sum(one.usage.tokens for one in completions):
            self._rate_limiter.correct(taken - expected)
        return tuple(with_cost(one, self._price) for one in completions)


class _StreamListener:
    """Passes the text of a stream on as it arrives, and keeps the chunks."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._filter = ThoughtFilter()
        self._chunks: list[AIMessageChunk] = []

    def add(self, chunk: AIMessageChunk) -> None:
        self._chunks.append(chunk)
        self._report(reasoning_of(chunk), "")
        self._report(*self._filter.feed(str(chunk.text)))

    def _report(self, thought: str, text: str) -> None:
        if thought:
            self._on_text(thought, thought=True)
        if text:
            self._on_text(text)

    def completion(self, effect: Ask) -> Completion:
        from langchain_core.messages.ai import AIMessageChunk, add_ai_message_chunks

        self._report(*self._filter.end())
        first, *rest = self._chunks or [AIMessageChunk(content="")]
        # A chat model that cannot stream gives one message, which is no chunk.
        return from_message(add_ai_message_chunks(first, *rest) if rest else first, effect)
