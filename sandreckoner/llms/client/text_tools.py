"""Tools for a model that cannot call any: described in the prompt, its calls read from its text."""

from __future__ import annotations

import json
from dataclasses import replace

from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Model, OnText
from sandreckoner.core.message import Completion, Message, Role, ToolCall
from sandreckoner.core.serialization import as_json
from sandreckoner.reading.tool_calls import find_calls
from sandreckoner.settings.prices_and_limits import Price, with_cost

_TOLD = """You may call these tools:
{tools}
To call one, write only <tool_call>{{"name": …, "arguments": {{…}}}}</tool_call>. Then you get its result."""


def calls_tools(model: Model) -> bool:
    """Whether a model can be offered `Ask.tools` as they are."""
    return bool(getattr(model, "calls_tools", False))


class TextTools:
    """A model that reads and writes tool calls as text.

    Args:
        model: any; it stays the caller's to close.
        price: of its tokens; None leaves the usage as the model gives it.
    """

    calls_tools = True

    def __init__(self, model: Model, *, price: Price | None = None) -> None:
        self.model = model
        self.price = price
        self.name = model.name

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """At most `effect.n` completions, with the calls that stand in their text."""
        replies = self.model.ask(in_words(effect), timeout_s=timeout_s, on_text=on_text)
        return tuple(self._read(reply, effect) for reply in replies)

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """`ask` for event loops."""
        replies = await self.model.aask(in_words(effect), timeout_s=timeout_s, on_text=on_text)
        return tuple(self._read(reply, effect) for reply in replies)

    def _read(self, reply: Completion, effect: Ask) -> Completion:
        reply = _with_calls(reply, effect)
        return reply if self.price is None else with_cost(reply, self.price)


def in_words(effect: Ask) -> Ask:
    """The same question in text alone: tools told in the system message, calls and results written out."""
    described = [
        json.dumps({"name": tool.name, "description": tool.description, "parameters": tool.parameters})
        for tool in effect.tools
    ]
    told = [_TOLD.format(tools="\n".join(described))] if described else []
    system = [message.content for message in effect.messages if message.role == "system"] + told
    turns = [Message("system", "\n\n".join(system))] if system else []
    turns += [_turn(message) for message in effect.messages if message.role != "system"]
    return replace(effect, messages=tuple(turns), tools=(), tool_choice="auto")


def _turn(message: Message) -> Message:
    role: Role = "assistant" if message.role == "assistant" else "user"
    return Message(role, written(message))


def written(message: Message) -> str:
    """A turn as text, with its calls or its result."""
    if message.role == "tool":
        return f"Result of {message.name}:\n{message.content}"
    lines = [json.dumps({"name": call.name, "arguments": call.arguments}) for call in message.calls]
    return "\n".join([message.content, *(f"<tool_call>{line}</tool_call>" for line in lines)]).strip()


def _with_calls(reply: Completion, effect: Ask) -> Completion:
    """The reply with the calls in its text; arguments that JSON cannot hold, such as NaN, become text."""
    if reply.calls or not effect.tools:
        return replace(
            reply, calls=tuple(replace(call, arguments=as_json(call.arguments)) for call in reply.calls)
        )
    text, calls = find_calls(reply.text, {tool.name for tool in effect.tools})
    found = tuple(ToolCall(call["name"], as_json(call["args"]), call["id"] or "") for call in calls)
    return replace(reply, text=text, calls=found)
