"""Read a reply that may call tools: calls written into its text become calls, invented results are cut."""

from __future__ import annotations

import re
from collections.abc import Collection

from sandreckoner.core.message import Completion, ToolCall, ToolSchema
from sandreckoner.core.serialization import as_json
from sandreckoner.reading.tool_calls import first_call

UNREADABLE = (
    "That looks like a tool call, but it could not be read as JSON. Write it again, or answer in plain words."
)
# What a model that is forced to call a tool calls to answer.
FORCED_REPLY = ToolSchema(
    "reply",
    "Say something to the user and end your turn.",
    {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
)
_LOOKS_LIKE_A_CALL = re.compile(r"<tool_call>|^\s*(?:```(?:json)?\s*)?\{\s*\"(?:name|tool|function|action)\"")
_OPENING_MARK = re.compile(r"(?:```(?:json)?|<tool_call>)\s*\Z")


def read_reply(
    reply: Completion, names: Collection[str], place: int
) -> tuple[str, tuple[ToolCall, ...], bool]:
    """Return the text of a reply, its calls, and whether it could be read.

    Args:
        reply: of the model.
        names: of the tools; JSON with another name counts as a call only where it is the whole reply.
        place: of the reply in the conversation; calls without an id are named by it.
    """
    spoken = [call for call in reply.calls if call.name == FORCED_REPLY.name and call.name not in names]
    if spoken:
        return str(spoken[0].arguments.get("text", "")), (), True
    if reply.calls:
        # Ids must differ over a conversation: some models count from 0 in each reply.
        calls = tuple(ToolCall(call.name, as_json(call.arguments), _id(call, place)) for call in reply.calls)
        return _thought(reply.text), calls, True
    call = first_call(reply.text)
    alone = bool(_LOOKS_LIKE_A_CALL.search(reply.text))
    if call is not None and isinstance(call.arguments, dict) and (call.name in names or alone):
        made = ToolCall(call.name, as_json(call.arguments), f"call_{place}")
        return _thought(_OPENING_MARK.sub("", reply.text[: call.start])), (made,), True
    return reply.text, (), not alone


def _id(call: ToolCall, place: int) -> str:
    return call.id if len(call.id) > 7 else f"call_{place}_{call.id}"


def _thought(beside: str) -> str:
    """Keep the first paragraph beside a call: below it small models invent the result."""
    return beside.strip().partition("\n\n")[0]
