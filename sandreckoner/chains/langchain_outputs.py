"""What a chain hands to others: to the next step of a LangChain sequence, and to an agent as a tool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import get_config_list
from langchain_core.runnables.configurable import RunnableConfigurableAlternatives
from langchain_core.runnables.fallbacks import RunnableWithFallbacks
from langchain_core.runnables.retry import RunnableRetry
from langchain_core.tools import BaseTool, StructuredTool

from sandreckoner.core.answer import Answer


class AnswerText(Answer, str):
    """An `Answer` that is a string too: a parser or a prompt takes nothing else.

    LangChain builds `prompt | chain | parser` from the left, so the chain cannot know what follows it. As a
    string it reads like `str(answer)`; in everything else it is the answer.
    """

    def __new__(cls, *values: Any, **named: Any) -> AnswerText:
        return str.__new__(cls, str(Answer(*values, **named)))

    __str__ = Answer.__str__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Answer):
            return vars(self) == vars(other)
        return str.__eq__(self, other) is True

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __bool__(self) -> bool:
        return True


def handed_on(found: Any, config: RunnableConfig | None) -> Any:
    """Return the answer as it is, and as an `AnswerText` where the config is that of a sequence's step."""
    callbacks = (config or {}).get("callbacks")
    tags = callbacks.tags if isinstance(callbacks, BaseCallbackManager) else ()
    if type(found) is Answer and any(tag.startswith("seq:step:") for tag in tags):
        return AnswerText(**vars(found))
    return found


def as_tool(agent: Runnable[Any, Answer], *, name: str, description: str) -> BaseTool:
    """Make a tool that passes a question to a chain or an agent and returns its answer, or why there is none.

    Args:
        agent: what `chain`, `open_code_agent` or `ToolAgent` gives; it stays the caller's to close.
        name: of the tool.
        description: says to the model of the outer agent what it is good for.

    The `Answer` is the artifact of the tool message.
    """

    def ask(question: str) -> tuple[str, Answer]:
        found = agent.invoke(question)
        return _told(found), found

    async def aask(question: str) -> tuple[str, Answer]:
        found = await agent.ainvoke(question)
        return _told(found), found

    return StructuredTool.from_function(
        ask, aask, name=name, description=description, response_format="content_and_artifact"
    )


def _told(answer: Answer) -> str:
    """Write an answer for another agent."""
    if answer.text is None:
        return f"no answer: {answer.reason or answer.status}"
    return answer.text if answer.status == "answered" else f"{answer.text} (uncertain: {answer.reason})"


class _HandsOn:
    """For wrappers that run a chain under a config of their own: they hand its answer on as it does."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return handed_on(super().invoke(input, config, **kwargs), config)  # type: ignore[misc]  # a mixin

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return handed_on(await super().ainvoke(input, config, **kwargs), config)  # type: ignore[misc]

    def batch(
        self,
        inputs: list[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        **kwargs: Any,
    ) -> list[Any]:
        return _each(super().batch(inputs, config, **kwargs), config)  # type: ignore[misc]

    async def abatch(
        self,
        inputs: list[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        **kwargs: Any,
    ) -> list[Any]:
        return _each(await super().abatch(inputs, config, **kwargs), config)  # type: ignore[misc]


def _each(found: Sequence[Any], config: Any) -> list[Any]:
    configs = get_config_list(config, len(found))
    return [handed_on(one, its) for one, its in zip(found, configs, strict=True)]


class RetriedChain(_HandsOn, RunnableRetry[Any, Any]):
    """`chain.with_retry()`."""


class ChainWithAlternatives(RunnableConfigurableAlternatives[Any, Any]):
    """`chain.configurable_alternatives(…)`."""

    default: Runnable[Any, Any]  # type: ignore[assignment]  # LangChain's takes what it can serialize alone


class ChainWithFallbacks(_HandsOn, RunnableWithFallbacks[Any, Any]):
    """`chain.with_fallbacks([…])`."""

    # In a sequence only the answer goes on, not the events that a stream yields before it.
    def transform(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Any]:
        for question in input:
            yield self.invoke(question, config, **kwargs)

    async def atransform(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        async for question in input:
            yield await self.ainvoke(question, config, **kwargs)
