"""An agent's conversations: kept in one SQLite file, each step of a run before the next begins.

A run is its journal: the recorded steps are replayed, and the run goes on after the last of them. So a run
that a crash or a question to the user interrupted continues in any process, with what it has spent.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sandreckoner.agents.evidence import Conversation
from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import AskUser
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.core.journal import Journal, Replay
from sandreckoner.core.serialization import dumps, from_json, to_json

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

Kind = Literal["question", "approval", "budget"]
_SCHEMA = """CREATE TABLE IF NOT EXISTS conversations
    (thread TEXT, kind TEXT, place INTEGER, record TEXT, PRIMARY KEY (thread, kind, place)) STRICT"""


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


def interrupt(effect: AskUser, thread: str) -> Interrupt:
    """Return the pause in which a conversation waits for the reply to an effect."""
    calls = tuple({"name": call.name, "args": dict(call.arguments)} for call in effect.calls)
    return Interrupt(
        None,
        "no answer",
        reason=f"waits for you: {effect.text}",
        kind=effect.kind,
        asks=effect.text,
        thread=thread,
        calls=calls,
    )


class Waits(Exception):
    """Ends a run that waits for its user."""

    def __init__(self, effect: AskUser) -> None:
        super().__init__(effect.text)
        self.effect = effect


class AbsentUser:
    """The user of a run: gives one reply, where there is one, and then ends the run to wait for the next."""

    def __init__(self, *replies: JSON) -> None:
        self._replies = list(replies)

    def reply(self, effect: AskUser) -> Returned:
        """Return the reply, or end the run."""
        if not self._replies:
            raise Waits(effect)
        return Returned(self._replies.pop(0))


class Memory:
    """Conversations by name, and the run of each that is not finished. Thread-safe."""

    def __init__(self, path: str | Path | None = None) -> None:
        """Open the file, or create it; None keeps conversations in this process.

        Raises:
            UsageError: the file cannot be opened.
        """
        try:
            self._file = sqlite3.connect(
                str(path or ":memory:"), check_same_thread=False, timeout=30, isolation_level=None
            )
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute(_SCHEMA)
        except sqlite3.Error as fault:
            raise UsageError(f"memory: {path} cannot be opened: {fault}") from None
        self._lock = threading.Lock()

    def conversation(self, thread: str) -> Conversation | None:
        """Return what a conversation holds; None for an unknown one."""
        records = self._read(thread, "conversation")
        return read_conversation(records[0]) if records else None

    def unfinished(self, thread: str) -> Replay | None:
        """Return the run that a conversation has not finished, if any."""
        headers, steps = self._read(thread, "run"), self._read(thread, "step")
        if steps and "error" in steps[-1]:
            steps.pop()  # it ended the run, and is tried again
        return Replay(headers[0], steps) if headers else None

    def waiting(self, thread: str) -> AskUser | None:
        """Return what a conversation waits for, if anything."""
        records = self._read(thread, "waiting")
        return from_json(records[0]) if records else None

    def last_answer(self, thread: str) -> Answer | None:
        """Return the answer to the last question of a conversation."""
        records = self._read(thread, "answer")
        return from_json(records[0]) if records else None

    def begin(self, thread: str, header: Mapping[str, JSON]) -> None:
        """Begin a run."""
        self._write(thread, "run", 0, header, forgets=("run", "step", "waiting"))

    def add(self, thread: str, record: Mapping[str, JSON]) -> None:
        """Keep a step of a run."""
        self._write(thread, "step", int(record["step"]), record, forgets=("waiting",))

    def wait(self, thread: str, effect: AskUser) -> None:
        """Keep what a run waits for."""
        self._write(thread, "waiting", 0, to_json(effect))

    def end(self, thread: str, held: Conversation, answer: Answer | None) -> None:
        """Keep what a conversation holds after a run, and its answer."""
        forgets = ("run", "step", "waiting")
        self._write(thread, "conversation", 0, conversation_record(held), forgets=forgets)
        if answer is not None:
            self._write(thread, "answer", 0, to_json(answer))

    def forget_answered(self, thread: str) -> None:
        """Forget a conversation that nobody can name, unless it waits."""
        if self.waiting(thread) is None:
            with self._lock:
                self._file.execute("DELETE FROM conversations WHERE thread = ?", (thread,))

    def close(self) -> None:
        """Close the file. Idempotent."""
        with self._lock:
            self._file.close()

    def _read(self, thread: str, kind: str) -> list[JSON]:
        query = "SELECT record FROM conversations WHERE thread = ? AND kind = ? ORDER BY place"
        with self._lock:
            return [json.loads(record) for (record,) in self._file.execute(query, (thread, kind))]

    def _write(
        self, thread: str, kind: str, place: int, record: JSON, *, forgets: Sequence[str] = ()
    ) -> None:
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            for name in forgets:
                self._file.execute("DELETE FROM conversations WHERE thread = ? AND kind = ?", (thread, name))
            values = (thread, kind, place, dumps(record))
            self._file.execute("INSERT OR REPLACE INTO conversations VALUES (?, ?, ?, ?)", values)
            self._file.execute("COMMIT")


class RunJournal(Journal):
    """The journal of a run in a conversation: its recorded steps first, then what it does now.

    Every new step goes into the memory, and all go into the file that the caller wants, if any. Calls of one
    reply are kept as each is done, in any order: after a crash only those that were not are performed.
    """

    def __init__(self, memory: Memory, thread: str, recorded: Replay, file: Journal) -> None:
        """Continue a run.

        Args:
            memory: keeps the steps.
            thread: the conversation.
            recorded: the steps so far.
            file: receives all steps.
        """
        self._memory, self._thread, self._file, self._recorded = memory, thread, file, recorded
        self.done = {int(step["step"]) for step in recorded.steps}
        self._next = 0
        self.is_open = True

    @property
    def replays(self) -> bool:  # type: ignore[override]  # it ends to do so
        """Whether recorded steps are left."""
        return any(step >= self._next for step in self.done)

    def next(self, index: int, asked: Sequence[JSON]) -> list[Mapping[str, JSON] | None]:
        return self._recorded.known(index, asked)

    def keep(self, record: Mapping[str, JSON]) -> None:
        if self.is_open:  # a call may end after its run was given up, when the next has begun
            self._memory.add(self._thread, record)

    def write(self, record: Mapping[str, JSON]) -> None:
        self._file.write(record)
        if "step" in record:
            self._next = int(record["step"]) + 1
            if record["step"] not in self.done:
                self.keep(record)


def conversation_record(held: Conversation) -> dict[str, JSON]:
    """Return a conversation as JSON."""
    lists = {one.name: to_json(getattr(held, one.name)) for one in fields(held) if one.name != "state"}
    return {**lists, "state": dict(held.state)}


def read_conversation(record: Mapping[str, JSON]) -> Conversation:
    """Read a conversation back."""
    lists: dict[str, Any] = {name: list(from_json(record[name])) for name in record if name != "state"}
    return Conversation(**lists, state=dict(record.get("state", {})))


def thread_in(config: RunnableConfig) -> str:
    """Return the conversation that a config names, unless it belongs to an agent around this one."""
    known = config.get("configurable") or {}
    inside = any(key.startswith("__pregel") for key in known)
    return "" if inside else str(known.get("thread_id") or "")
