"""The runs of an agent's conversations: begun, gone on with, and kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandreckoner.agents.agent_model import reporting_to
from sandreckoner.agents.conversations import (
    AbsentUser,
    Memory,
    RunJournal,
    Waits,
    conversation_record,
    interrupt,
    read_conversation,
)
from sandreckoner.agents.evidence import Conversation
from sandreckoner.agents.tool_calling import ToolCalling, ToolRun
from sandreckoner.chains.answering import answer
from sandreckoner.chains.run_events import RunCallbacks
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.effects import Use
from sandreckoner.core.environment import Environment, Model, Tool
from sandreckoner.core.errors import JournalError, UsageError
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.core.journal import Journal, Replay, open_journal
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import as_json, from_json
from sandreckoner.core.trace import Event, Listener, Trace

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig


@dataclass(slots=True)
class Run:
    """A run in its conversation.

    Attributes:
        parts: what is to be performed: strategy, problem and environment.
        found: its answer, or the pause in which it waits; set by whoever performs it.
    """

    parts: tuple[ToolRun, Problem, Environment]
    found: Answer


@dataclass(frozen=True, slots=True)
class ConversationRuns:
    """Opens the runs of an agent.

    Attributes:
        strategy: of the agent.
        model: takes tools.
        tools: of a run, by its conversation and the programs of that so far.
        budget: of one question.
        memory: keeps the conversations.
        unreported: tools whose calls are not reported to LangChain's callbacks, as most do so themselves.
        busy: the conversations that are being answered.
    """

    strategy: ToolCalling
    model: Model
    tools: Callable[[str, Sequence[str]], Mapping[str, Tool]]
    budget: Budget
    memory: Memory
    unreported: frozenset[str]
    busy: set[str] = field(default_factory=set)

    @contextmanager
    def begun(
        self, thread: str, header: Mapping[str, JSON], config: RunnableConfig, **told: Any
    ) -> Iterator[Run]:
        """Begin the run of a question, whose problem is in the header of its journal.

        Raises:
            UsageError: the conversation waits for a reply, or is being answered.
        """
        if self.memory.waiting(thread) is not None:
            raise UsageError(
                f"the conversation {thread!r} waits for a reply: resume(reply, thread={thread!r})"
            )
        with self._alone(thread):
            unfinished = self.memory.unfinished(thread)
            held = self._settled(unfinished) if unfinished else self.memory.conversation(thread)
            header = {**header, "conversation": conversation_record(held or Conversation())}
            self.memory.begin(thread, header)
            with self._opened(thread, Replay(header, []), AbsentUser(), config, **told) as run:
                yield run

    @contextmanager
    def resumed(self, reply: Any, thread: str, **told: Any) -> Iterator[Run]:
        """Go on with the unfinished run of a conversation."""
        with self._alone(thread):
            waiting, recorded = self.memory.waiting(thread), self.memory.unfinished(thread)
            assert recorded is not None
            user = AbsentUser() if waiting is None else AbsentUser(as_json(reply))
            with self._opened(thread, recorded, user, {}, **told) as run:
                yield run

    def without_run(self, reply: Any, thread: str) -> Answer | None:
        """Return what `resume` gives where there is nothing to go on with, or no reply to do so."""
        waiting = self.memory.waiting(thread)
        if waiting is not None and reply is None:
            return interrupt(waiting, thread)
        if self.memory.unfinished(thread) is not None:
            return None
        found = self.memory.last_answer(thread)
        if found is None:
            raise UsageError(f"there is no conversation {thread!r} in this memory")
        return found

    @contextmanager
    def _alone(self, thread: str) -> Iterator[None]:
        """Keep a conversation to one question at a time."""
        if thread in self.busy:
            raise UsageError(f"the conversation {thread!r} is being answered; wait, or use another thread=")
        self.busy.add(thread)
        try:
            yield
        finally:
            self.busy.discard(thread)

    @contextmanager
    def _opened(
        self,
        thread: str,
        recorded: Replay,
        user: AbsentUser,
        config: RunnableConfig,
        *,
        listener: Listener | None = None,
        journal: str | None = None,
    ) -> Iterator[Run]:
        """Yield a run with its environment; then keep what the conversation holds, or what it waits for."""
        strategy = ToolRun(self.strategy, read_conversation(recorded.header["conversation"]))
        model, reports = reporting_to(self.model, config)
        with open_journal(journal, recorded.header) as file:
            steps = RunJournal(self.memory, thread, recorded, file)
            heard = [_Listener(listener, steps.done)] if listener is not None else []
            callbacks: Any = config.get("callbacks")
            if getattr(callbacks, "handlers", None):
                report = RunCallbacks(callbacks, model="" if reports else model.name)
                heard.append(_Listener(report, steps.done, self.unreported))
            environment = Environment(
                model=model,
                tools=self.tools(thread, strategy.held.programs),
                budget=self.budget,
                journal=steps,
                trace=Trace(*heard),
                user=user,
            )
            run = Run((strategy, from_json(recorded.header["problem"]), environment), Answer(None))
            try:
                yield run
            except Waits as waits:
                self.memory.wait(thread, waits.effect)
                run.found = interrupt(waits.effect, thread)
            else:
                self.memory.end(thread, strategy.held, run.found)
            finally:
                steps.is_open = False

    def _settled(self, recorded: Replay) -> Conversation:
        """Return a conversation with what a run that never ended has done."""
        run = ToolRun(self.strategy, read_conversation(recorded.header["conversation"]))
        journal = RunJournal(self.memory, "", recorded, Journal())
        journal.is_open = False
        lost = dict.fromkeys((tool.name for tool in self.strategy.tools), _Lost())
        with suppress(JournalError, UsageError):  # the recorded steps end; there is no model to go on with
            answer(run, from_json(recorded.header["problem"]), Environment(tools=lost, journal=journal))
        turns = run.held.turns
        answered = {turn.call_id for turn in turns}
        turns += [
            Message("tool", _LOST, name=call.name, call_id=call.id)
            for turn in tuple(turns)
            for call in turn.calls
            if call.id not in answered
        ]
        turns.append(Message("assistant", "I was interrupted here."))
        return run.held


_LOST = "interrupted: it is not known whether this was done"


class _Lost:
    """Stands for a tool whose call was interrupted."""

    def use(self, arguments: Mapping[str, JSON]) -> Returned:
        return Returned(error=_LOST)

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        return self.use(arguments)


class _Listener:
    """Hears the new steps of a run; the calls of some tools are left out."""

    def __init__(self, listener: Listener, done: Collection[int], others: Collection[str] = ()) -> None:
        self._listener, self._done, self._others = listener, done, others
        self.wants_text = getattr(listener, "wants_text", True)

    def __call__(self, event: Event) -> None:
        effect = getattr(event, "effect", None)
        told = isinstance(effect, Use) and effect.tool in self._others
        if event.index not in self._done and not told:
            self._listener(event)
