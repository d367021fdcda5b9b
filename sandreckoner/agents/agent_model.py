"""The model of a tool agent: one that takes tools, with the wanted fallbacks, price and middleware."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sandreckoner.agents.langchain_middleware import Middleware, MiddlewareChat
from sandreckoner.chains.prompt import Example
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Model
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Message, ToolCall
from sandreckoner.llms import LangChainModel, load_model
from sandreckoner.llms.client.text_tools import TextTools, calls_tools
from sandreckoner.llms.fallback import FallbackModel
from sandreckoner.llms.local.in_process import InProcessChat
from sandreckoner.settings.prices_and_limits import Price

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig


def agent_model(
    model: Model,
    *,
    budget: Budget,
    price: Price | None = None,
    fallback: Sequence[Any] = (),
    middleware: Sequence[Middleware] = (),
) -> Model:
    """Return a model that takes tools.

    Args:
        model: any; to one that calls no tools they are described in the prompt.
        budget: of a question; in dollars it needs a price.
        price: of the tokens; None for what is known of the model.
        fallback: chat models that are asked where the first one fails.
        middleware: LangChain's, around a chat model of LangChain.

    Raises:
        UsageError: the price is missing, or there is no chat model to put middleware around.
    """
    if budget.usd is not None and price is None and getattr(model, "price", None) is None:
        raise UsageError(
            f"the budget is in dollars but the price of {model.name} is unknown; "
            "set it in your settings, or pass price=Price(…)"
        )
    if isinstance(model, LangChainModel):
        model = copy.copy(model)
        model.price = price or model.price
        if middleware:
            model.chat = MiddlewareChat(inner=model.chat, middleware=list(middleware))
    elif middleware:
        raise UsageError(
            "middleware needs a chat model of LangChain; TextChat(model=…) makes one of any model"
        )
    made = _taking_tools(model, price)
    if not fallback:
        return made
    return FallbackModel([made, *(_taking_tools(load_model(one), None) for one in fallback)])


def _taking_tools(model: Model, price: Price | None) -> Model:
    priced = isinstance(model, LangChainModel) or price is None
    return model if calls_tools(model) and priced else TextTools(model, price=None if priced else price)


def reporting_to(model: Model, config: RunnableConfig) -> tuple[Model, bool]:
    """Return a model whose requests are reported to the callbacks of a config, and whether it can report."""
    if isinstance(model, LangChainModel):
        return model.with_config(config), True
    if isinstance(model, TextTools):
        inner, reports = reporting_to(model.model, config)
        return TextTools(inner, price=model.price), reports
    if isinstance(model, FallbackModel):
        parts = [reporting_to(one, config) for one in model.models]
        return FallbackModel([one for one, _ in parts]), all(reports for _, reports in parts)
    return model, False


def is_forced(model: Model) -> bool:
    """Whether each reply of a model is to be forced to call a tool.

    A small model that writes freely announces its search and then invents the result. Constrained to the
    tools' schema by a grammar, and shown one conversation with documents, it searches and computes. Models on
    servers are left as they are: they were trained on tool calls, and some reject forced ones.
    """
    first = model.models[0] if isinstance(model, FallbackModel) else model
    return isinstance(first, LangChainModel) and isinstance(first.chat, InProcessChat)


def shown_conversation(examples: Sequence[Example]) -> tuple[Message, ...]:
    """Return the examples of a prompt as turns: a reply is a call as JSON, what follows it is its result."""
    turns: list[Message] = []
    for number, example in enumerate(examples):
        before = turns[-1].calls[0] if turns else None
        if before is None:
            turns.append(Message("user", example.question))
        else:
            turns.append(Message("tool", example.question, name=before.name, call_id=before.id))
        record = json.loads(example.reply)
        call = ToolCall(record["name"], record["arguments"], f"example_{number}")
        turns.append(Message("assistant", "", (call,)))
    return tuple(turns)
