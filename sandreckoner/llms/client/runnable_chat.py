"""A Runnable around a chat model (`with_retry`, `with_fallbacks`, `bind`) as a chat model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    CallbackManager,
    CallbackManagerForLLMRun,
)
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import ConfigDict

from sandreckoner.core.errors import UsageError

# The call is reported once, by the chat model that this file makes.
_UNREPORTED = RunnableConfig(callbacks=CallbackManager([]))


class RunnableChat(BaseChatModel):
    """Messages in, a message out, whatever Runnable does it.

    Attributes:
        runnable: takes messages and keyword arguments, gives an `AIMessage`.
        inner: the chat model at its heart: its class tells what the backend calls its parameters.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    runnable: Any
    inner: Any

    @property
    def _llm_type(self) -> str:
        return str(self.inner._llm_type)

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"runnable": repr(self.runnable), **self.inner._identifying_params}

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools as the chat model inside does."""
        return self.bind(**getattr(self.inner.bind_tools(tools, **kwargs), "kwargs", {}))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(self.runnable.invoke(messages, _UNREPORTED, **_arguments(stop, kwargs)))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(await self.runnable.ainvoke(messages, _UNREPORTED, **_arguments(stop, kwargs)))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for message in self.runnable.stream(messages, _UNREPORTED, **_arguments(stop, kwargs)):
            yield _chunk(message)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for message in self.runnable.astream(messages, _UNREPORTED, **_arguments(stop, kwargs)):
            yield _chunk(message)


def as_chat_model(runnable: Runnable[Any, Any]) -> RunnableChat:
    """A Runnable around a chat model as a chat model.

    Raises:
        UsageError: there is no chat model inside, as in a sequence that ends in a parser.
    """
    inner: Any = runnable
    while not isinstance(inner, BaseChatModel):
        deeper = getattr(inner, "bound", None) or getattr(inner, "runnable", None)
        if not isinstance(deeper, Runnable):
            raise UsageError(
                f"{type(runnable).__name__} is not a chat model, nor one in with_retry, with_fallbacks, bind"
            )
        inner = deeper
    return RunnableChat(runnable=runnable, inner=inner)


def _arguments(stop: list[str] | None, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {**kwargs, "stop": stop} if stop else kwargs


def _result(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])


def _chunk(message: BaseMessage) -> ChatGenerationChunk:
    if isinstance(message, AIMessageChunk):
        return ChatGenerationChunk(message=message)
    return ChatGenerationChunk(message=AIMessageChunk(content=message.content))
