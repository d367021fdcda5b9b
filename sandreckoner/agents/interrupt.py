"""Interrupts: what a run returns when it waits for the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sandreckoner.core.answer import Answer
from sandreckoner.core.execution import JSON

Kind = Literal["question", "approval", "budget"]


@dataclass(frozen=True, slots=True)
class Interrupt(Answer):
    """A pause instead of an answer: the run waits for the user; `agent.resume(reply, thread=…)` continues it.

    Attributes:
        kind: `question` (reply in words), `approval` (reply True, or False or the reason against it), or
            `budget` (reply True for as much again).
        asks: the question to the user.
        thread: the conversation that waits.
        calls: the tool calls that wait for approval, each with `name` and `args`.
    """

    kind: Kind = "question"
    asks: str = ""
    thread: str = ""
    calls: tuple[Mapping[str, JSON], ...] = field(default=())


def paused(value: Any, thread: str) -> Interrupt:
    """Convert the value of a LangGraph interrupt."""
    calls: tuple[Mapping[str, JSON], ...] = ()
    kind: Kind
    if isinstance(value, dict) and "action_requests" in value:
        calls = tuple({"name": one["name"], "args": one["args"]} for one in value["action_requests"])
        named = ", ".join(f"{call['name']}({call['args']})" for call in calls)
        kind, asks = "approval", f"May the agent do this? {named}"
    else:
        kind, asks = value["kind"], value["text"]
    return Interrupt(
        None, "no answer", reason=f"waits for you: {asks}", kind=kind, asks=asks, thread=thread, calls=calls
    )


def as_resumption(reply: Any, calls: Sequence[Any]) -> Any:
    """Convert a user's reply for LangGraph; an approval applies to each waiting call."""
    if not calls:
        return reply
    if reply is True:
        return {"decisions": [{"type": "approve"} for _ in calls]}
    why = reply if isinstance(reply, str) and reply else "the user does not want this"
    return {"decisions": [{"type": "reject", "message": why} for _ in calls]}
