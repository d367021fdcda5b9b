"""Shared by the middleware: why a run was ended early, and where the current run begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NotRequired

from langchain.agents.middleware.types import AgentState, PrivateStateAttr
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

US = "sandreckoner"  # the name of messages written by the middleware, not by the user


class EndingState(AgentState[Any]):
    """The agent's state, with the reason why a limit ended the run."""

    ended: NotRequired[Annotated[str, PrivateStateAttr]]


def this_run(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Return the messages since the user's last one."""
    for place in range(len(messages) - 1, -1, -1):
        if isinstance(messages[place], HumanMessage) and messages[place].name != US:
            return list(messages[place:])
    return list(messages)


def last_reply(messages: Sequence[AnyMessage]) -> AIMessage | None:
    """Return the model's reply, where that is the last message."""
    return messages[-1] if messages and isinstance(messages[-1], AIMessage) else None


def unanswered(reply: AIMessage, why: str) -> list[ToolMessage]:
    """Return a result for each unperformed call of a reply; a conversation needs one for every call."""
    return [
        ToolMessage(why, name=call["name"], tool_call_id=call["id"] or "", status="error")
        for call in reply.tool_calls
    ]
