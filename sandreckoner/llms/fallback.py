"""Several models as one: where one fails, the next is asked."""

from __future__ import annotations

from collections.abc import Sequence

from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Model, OnText
from sandreckoner.core.errors import ModelError, UsageError
from sandreckoner.core.message import Completion
from sandreckoner.llms.client.text_tools import calls_tools


class FallbackModel:
    """Asks the first model, and where it fails the second, and so on.

    Once a reply has begun to stream, no other model takes over: the error is raised.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        if not models:
            raise UsageError("a fallback needs at least one model")
        self.models = tuple(models)
        self.name = " | ".join(model.name for model in self.models)
        self.calls_tools = all(map(calls_tools, self.models))

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """The completions of the first model that does not fail.

        Raises:
            ModelError: the last one's, where all fail.
        """
        streamed, listener = _listen(on_text)
        for model in self.models[:-1]:
            try:
                return model.ask(effect, timeout_s=timeout_s, on_text=listener)
            except ModelError:
                if streamed:
                    raise
        return self.models[-1].ask(effect, timeout_s=timeout_s, on_text=listener)

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """`ask` for event loops."""
        streamed, listener = _listen(on_text)
        for model in self.models[:-1]:
            try:
                return await model.aask(effect, timeout_s=timeout_s, on_text=listener)
            except ModelError:
                if streamed:
                    raise
        return await self.models[-1].aask(effect, timeout_s=timeout_s, on_text=listener)

    def close(self) -> None:
        """Close those that can be closed."""
        for model in self.models:
            if callable(close := getattr(model, "close", None)):
                close()


def _listen(on_text: OnText | None) -> tuple[list[bool], OnText | None]:
    """A list that is filled when text appears, and the listener that fills it."""
    streamed: list[bool] = []
    if on_text is None:
        return streamed, None

    def listener(text: str, /, *, thought: bool = False) -> None:
        streamed.append(True)
        on_text(text, thought=thought)

    return streamed, listener
