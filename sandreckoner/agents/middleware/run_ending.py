"""What the middleware shares: why a run ended before its time, and where the present run begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NotRequired

from langchain.agents.middleware.types import AgentState, PrivateStateAttr
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

US = "sandreckoner"  # the name of messages that the middleware wrote and no user


class EndingState(AgentState[Any]):
    """The agent's state, and why a limit ended the run; empty where none did."""

    ended: NotRequired[Annotated[str, PrivateStateAttr]]


def this_run(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The messages since the user last spoke."""
    for place in range(len(messages) - 1, -1, -1):
        if isinstance(messages[place], HumanMessage) and messages[place].name != US:
            return list(messages[place:])
    return list(messages)


def last_reply(messages: Sequence[AnyMessage]) -> AIMessage | None:
    """What the model said last, where that is the last message."""
    return messages[-1] if messages and isinstance(messages[-1], AIMessage) else None


def unanswered(reply: AIMessage, why: str) -> list[ToolMessage]:
    """A result for each call of a reply that is not performed: a conversation needs one for every call."""
    return [
        ToolMessage(why, name=call["name"], tool_call_id=call["id"] or "", status="error")
        for call in reply.tool_calls
    ]
