"""Any chat model of LangChain as a model of ours."""

from __future__ import annotations

import asyncio
import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import OnText
from sandreckoner.core.errors import ModelTimeout
from sandreckoner.core.message import Completion
from sandreckoner.llms.client.chat_requests import Requests, with_tools
from sandreckoner.llms.client.deadline import call_within
from sandreckoner.llms.client.error_mapping import secrets_of
from sandreckoner.llms.client.parameter_map import ParameterMap, parameter_map_of
from sandreckoner.llms.client.rate_limiter import RateLimiter
from sandreckoner.llms.client.retry import ONCE, RetryingClient, RetryPolicy
from sandreckoner.settings.prices_and_limits import FREE, Limits, Price

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig


class LangChainModel:
    """A chat model of LangChain as a `core.environment.Model`.

    n samples are drawn in the cheapest way that the backend supports: one request with n, else concurrent
    requests with seeds of their own. Every request goes through LangChain's callbacks.

    Args:
        chat: the chat model.
        name: in journals and errors; made from the chat model where it is not given.
        config: callbacks, tags and metadata for every request, as a Runnable gets them when it is invoked.
        logprobs: ask for log-probabilities, where the backend has them.
        parameter_map: the names of the backend's parameters; found by its class where it is not given.
        retry_policy: how often a failed request is retried; by default never, because many chat models retry
            themselves, and retries of retries multiply.
        price: of its tokens; where it is not given, a model on this machine is free and any other unknown.
        rate_limiter: that every request passes, where the provider limits requests or tokens.
    """

    def __init__(
        self,
        chat: BaseChatModel,
        *,
        name: str = "",
        config: RunnableConfig | None = None,
        logprobs: bool = False,
        parameter_map: ParameterMap | None = None,
        retry_policy: RetryPolicy = ONCE,
        price: Price | None = None,
        rate_limiter: RateLimiter | None = None,
    ) -> None:
        self.chat = chat
        self.name = name or _name_of(chat)
        self.config = config
        self.logprobs = logprobs
        self.parameter_map = parameter_map or parameter_map_of(chat)
        self.price = FREE if price is None and self.parameter_map.local else price
        self._client = RetryingClient(
            self.name,
            retry_policy,
            rate_limiter=rate_limiter or RateLimiter(Limits()),
            secrets=secrets_of(chat),
        )
        self._uncached: BaseChatModel | None = None

    def with_config(self, config: RunnableConfig | None) -> LangChainModel:
        """The same model, its requests reported to the callbacks of `config`."""
        same = copy.copy(self)
        same.config = config
        return same

    @property
    def calls_tools(self) -> bool:
        """Whether the chat model can be offered tools; its class has a `bind_tools` then."""
        from langchain_core.language_models import BaseChatModel

        chat = getattr(self.chat, "inner", self.chat)  # of a Runnable around it
        return type(chat).bind_tools is not BaseChatModel.bind_tools

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
        arguments, requests = self._arguments(effect, timeout_s), self._requests(effect)
        if on_text is not None and self._streams(effect):
            call = partial(requests.stream, arguments[0], on_text)
        else:
            call = partial(requests.generate_all, arguments)
        return call() if timeout_s is None else call_within(timeout_s, call, self.name)

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """`ask` for event loops."""
        arguments, requests = self._arguments(effect, timeout_s), self._requests(effect)
        try:
            async with asyncio.timeout(timeout_s) as deadline:
                if on_text is not None and self._streams(effect):
                    return await requests.astream(arguments[0], on_text)
                return await requests.agenerate_all(arguments)
        except TimeoutError:
            if deadline.expired():
                raise ModelTimeout(f"{self.name}: no reply within {timeout_s:g} seconds") from None
            raise

    def _streams(self, effect: Ask) -> bool:
        # A backend without stop strings would show text that the reply will not have.
        return effect.n == 1 and (self.parameter_map.stop or not effect.stop)

    def _arguments(self, effect: Ask, timeout_s: float | None) -> list[dict[str, Any]]:
        """The keyword arguments of each request that the samples take."""
        arguments = partial(self.parameter_map.arguments, effect, timeout_s=timeout_s, logprobs=self.logprobs)
        if self.parameter_map.n or effect.n == 1:
            return [arguments(n=effect.n, sample=0)]
        return [arguments(n=1, sample=sample) for sample in range(effect.n)]

    def _requests(self, effect: Ask) -> Requests:
        chat, offered = with_tools(self._chat_for(effect), effect)
        return Requests(effect, chat, self.config, self._client, self.price, offered)

    def _chat_for(self, effect: Ask) -> BaseChatModel:
        """The chat model; without its cache where that would give the same sample again and again."""
        from langchain_core.globals import get_llm_cache

        seeded = bool(self.parameter_map.seed) and effect.seed is not None
        cached = self.chat.cache or (self.chat.cache is None and get_llm_cache() is not None)
        if seeded or not cached or effect.temperature == 0:
            return self.chat
        if self._uncached is None:
            self._uncached = self.chat.model_copy(update={"cache": False})
        return self._uncached


def _name_of(chat: BaseChatModel) -> str:
    model = getattr(chat, "model_name", None) or getattr(chat, "model", None) or type(chat).__name__
    return f"{chat._llm_type}:{model}"
