"""An agent's conversations: their store in one SQLite file, and the interrupts that wait for the user."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import MissingExtra, UsageError
from sandreckoner.core.execution import JSON

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver

T = TypeVar("T")


def open_memory(path: str | Path | None, types: Sequence[type] = ()) -> BaseCheckpointSaver[str]:
    """Open the store of conversations; None keeps them in the process.

    The file is deserialized by a closed list of LangGraph's and LangChain's own types, and `types`; it
    is never unpickled.

    Raises:
        MissingExtra: the package that writes SQLite is not installed.
        UsageError: the file cannot be opened.
    """
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    plain = JsonPlusSerializer(allowed_msgpack_modules=list(types) or None)
    if path is None:
        return InMemorySaver(serde=plain)
    try:
        from langgraph.checkpoint.sqlite import SqliteSaver
    except ModuleNotFoundError:
        raise MissingExtra(
            "langgraph-checkpoint-sqlite is not installed: pip install 'sandreckoner[agents]'"
        ) from None
    try:
        connection = sqlite3.connect(str(path), check_same_thread=False, timeout=30)
        connection.execute("pragma journal_mode = wal")
    except sqlite3.Error as fault:
        raise UsageError(f"memory: {path} cannot be opened: {fault}") from None
    return SqliteSaver(connection, serde=plain)


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


def thread_in(config: RunnableConfig) -> str:
    """Return the conversation that a config names, unless it belongs to an agent around this one."""
    known = config.get("configurable") or {}
    inside = any(key.startswith("__pregel") for key in known)
    return "" if inside else str(known.get("thread_id") or "")


def outside_graph(work: Callable[..., T], *arguments: Any) -> T:
    """Run outside of any surrounding graph, which LangGraph would otherwise extend."""
    from langchain_core.runnables.config import var_child_runnable_config

    def alone() -> T:
        var_child_runnable_config.set(None)
        return work(*arguments)

    return copy_context().run(alone)
