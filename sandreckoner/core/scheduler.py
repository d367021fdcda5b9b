"""The scheduler of a run, shared by both drivers: it applies budget, journal, replay and trace.

`schedule` yields the jobs that have to be performed and receives their outcomes; it performs nothing itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias, TypeVar, cast
from weakref import WeakKeyDictionary

from sandreckoner.core import errors
from sandreckoner.core.budget import Budget, Usage
from sandreckoner.core.effects import Ask, AskUser, Effect, Note, Reply, Resume, Run, Steps, Use
from sandreckoner.core.environment import Environment, OnText
from sandreckoner.core.errors import BudgetSpent, JournalError, ModelTimeout, SandreckonerError
from sandreckoner.core.execution import JSON, Execution, RecordedState, Returned, State
from sandreckoner.core.journal import step_record
from sandreckoner.core.message import Completion
from sandreckoner.core.serialization import dumps, from_json, to_json
from sandreckoner.core.trace import PromptRead, Step, StepStarted, TextArrived

T = TypeVar("T")


@dataclass(slots=True)
class Job:
    """An effect to be performed.

    Attributes:
        index: its step in the run.
        effect: as the strategy yielded it.
        granted: as the budget allows it; None where nothing is left for it.
        deadline_s: of the run, on the environment's clock; None without one.
        on_text: receives the reply's text while it is written; None without listeners.
        on_prompt: receives the share of the prompt that is read; None without listeners.
        on_done: receives the outcome at once, while others of its tuple go on; None where nobody keeps it.
    """

    index: int
    effect: Effect
    granted: Effect | None
    deadline_s: float | None
    on_text: OnText | None
    started_s: float
    on_prompt: Callable[[float], None] | None = None
    on_done: Callable[[Outcome], None] | None = None

    def seconds_left(self, now_s: float) -> float | None:
        """Return the seconds from `now_s`, on the environment's clock, until the run's deadline."""
        return None if self.deadline_s is None else self.deadline_s - now_s


@dataclass(slots=True)
class Outcome:
    """The outcome of a job: a reply, or an error instead of one."""

    reply: Reply = None
    error: SandreckonerError | None = None
    elapsed_s: float = 0.0


Schedule: TypeAlias = Generator[list[Job], list[Outcome], T]


def schedule(steps: Steps[T], environment: Environment) -> Schedule[T]:
    """Advance a strategy: yield jobs, receive their outcomes, return the strategy's result."""
    run = _Scheduler(environment)
    replies: Sequence[Reply] | None = None
    fault: SandreckonerError | None = None
    try:
        while True:
            try:
                effects = steps.throw(fault) if fault else steps.send(cast(Sequence[Reply], replies))
            except StopIteration as stop:
                return cast(T, stop.value)
            try:
                replies, fault = (yield from run.perform(effects)), None
            except SandreckonerError as raised:
                replies, fault = None, raised
    finally:
        steps.close()


class _Scheduler:
    """Budget, journal and trace of one run."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._ledger = Ledger(environment.budget)
        self._start = environment.clock()
        self._index = 0
        self._names: WeakKeyDictionary[State, str] = WeakKeyDictionary()

    def perform(self, effects: tuple[Effect, ...]) -> Generator[list[Job], list[Outcome], list[Reply]]:
        """Turn one tuple of effects into jobs, and their outcomes into replies.

        When the budget has ended, a tuple of Asks is refused as a whole (`BudgetSpent`); next to programs and
        searches, which cost nothing, an Ask is answered with no completions. What the journal has recorded is
        not performed again.
        """
        recorded = [self._name(effect) for effect in effects]
        known = self._known(recorded) if self._environment.journal.replays else {}
        now, start = self._now(), self._index
        wanted = {index: effect for index, effect in enumerate(effects, start) if index not in known}
        asks = {index: effect for index, effect in wanted.items() if isinstance(effect, Ask)}
        refusal, allowed, left = self._ledger.grant(now, list(asks.values()))
        if refusal and all(isinstance(effect, Ask | Note) for effect in effects):
            self._environment.journal.write({"step": start, "spent": refusal, "started_s": now})
            self._index += 1
            raise BudgetSpent(refusal)
        self._index += len(effects)
        granted_as = wanted | dict(zip(asks, allowed, strict=True))
        deadline = None if left is None else self._start + now + left
        jobs = [
            known[index][0] if index in known else self._job(index, effect, granted_as[index], deadline, now)
            for index, effect in enumerate(effects, start)
        ]
        for job, effect in zip(jobs, recorded, strict=True):
            self._environment.trace.emit(StepStarted(job.index, effect))
        granted = [job for job in jobs if job.granted is not None and job.index not in known]
        performed = dict(zip((job.index for job in granted), (yield granted), strict=True)) if granted else {}
        done = [
            known[job.index][1]
            if job.index in known
            else self._attribute(performed.get(job.index, Outcome(())))
            for job in jobs
        ]
        for job, effect, outcome in zip(jobs, recorded, done, strict=True):
            self._settle(job, effect, outcome)
        for outcome in done:
            if outcome.error is not None:
                raise outcome.error
        return [outcome.reply for outcome in done]

    def _now(self) -> float:
        return round(self._environment.clock() - self._start, 6)

    def _name(self, effect: Effect) -> Effect:
        """Replace a live state by the name of the step that made it."""
        if (
            isinstance(effect, Run | Resume)
            and effect.state is not None
            and not isinstance(effect.state, RecordedState)
        ):
            return replace(effect, state=RecordedState(self._names.get(effect.state, "unknown")))
        return effect

    def _job(
        self, index: int, effect: Effect, granted: Effect | None, deadline: float | None, now: float
    ) -> Job:
        on_text: OnText | None = None
        on_prompt: Callable[[float], None] | None = None
        if isinstance(effect, Ask) and self._environment.trace.wants_text:
            trace = self._environment.trace

            def on_text(text: str, /, *, thought: bool = False) -> None:
                trace.emit(TextArrived(index, text, thought))

            def on_prompt(share: float) -> None:
                trace.emit(PromptRead(index, share))

        job = Job(index, effect, granted, deadline, on_text, now, on_prompt)
        if isinstance(effect, Use):  # may do something that must not be done twice

            def keep(done: Outcome) -> None:
                record = step_record(index, effect, done.reply, done.error, now, done.elapsed_s)
                self._environment.journal.keep(record)

            job.on_done = keep
        return job

    def _settle(self, job: Job, effect: Effect, outcome: Outcome) -> None:
        """Charge the budget, name a new state, write the journal and the trace."""
        reply = outcome.reply
        if isinstance(reply, Execution) and reply.state and not isinstance(reply.state, RecordedState):
            name = f"s{job.index}"
            self._names[reply.state] = name
            reply = replace(reply, state=RecordedState(name))
        elif isinstance(effect, Ask) and isinstance(reply, tuple):
            for completion in reply:
                self._ledger.charge(cast(Completion, completion).usage)
        elif isinstance(effect, AskUser) and effect.kind == "budget" and reply == Returned(True):
            self._ledger.renew(job.started_s + outcome.elapsed_s)
        if self._environment.journal.keeps:
            record = step_record(job.index, effect, reply, outcome.error, job.started_s, outcome.elapsed_s)
            self._environment.journal.write(record)
        error = f"{type(outcome.error).__name__}: {outcome.error}" if outcome.error else ""
        self._environment.trace.emit(Step(job.index, effect, reply, error, job.started_s, outcome.elapsed_s))

    def _attribute(self, outcome: Outcome) -> Outcome:
        """Report a model stopped by the run's own deadline as the end of the budget."""
        if isinstance(outcome.error, ModelTimeout) and (refusal := self._ledger.refusal(self._now())):
            return replace(outcome, error=BudgetSpent(refusal))
        return outcome

    def _known(self, effects: list[Effect]) -> dict[int, tuple[Job, Outcome]]:
        """Return what the journal has of the next steps, by their indices."""
        asked = [json.loads(dumps(to_json(effect))) for effect in effects]
        records = self._environment.journal.next(self._index, asked)
        if (first := records[0]) is not None and "spent" in first:
            self._index += 1
            self._environment.journal.write(first)
            raise BudgetSpent(str(first["spent"]))
        known = {
            int(record["step"]): (_recorded_job(record, effect), _read_outcome(record))
            for record, effect in zip(records, effects, strict=True)
            if record is not None
        }
        for job, outcome in known.values():
            if isinstance(job.effect, Ask):
                self._ledger.restore(len(cast(tuple[Completion, ...], outcome.reply or ())))
        # A run may go on after its recorded steps: its clock, and its budget, then go on where they stopped.
        if known:
            ended = max(job.started_s + outcome.elapsed_s for job, outcome in known.values())
            self._start = self._environment.clock() - ended
        return known


def _recorded_job(record: Mapping[str, JSON], effect: Effect) -> Job:
    return Job(int(record["step"]), effect, effect, None, None, float(record.get("started_s", 0.0)))


def _read_outcome(record: Mapping[str, JSON]) -> Outcome:
    elapsed = float(record.get("elapsed_s", 0.0))
    error = record.get("error")
    if error is None:
        return Outcome(from_json(record.get("reply")), None, elapsed)
    kind = getattr(errors, str(error.get("type")), None)
    if not (isinstance(kind, type) and issubclass(kind, SandreckonerError)):
        raise JournalError(
            f"the journal names an error {error.get('type')!r}, which this version does not know"
        )
    return Outcome(None, kind(str(error.get("message"))), elapsed)


def spent(trace_steps: Sequence[Step]) -> tuple[Usage, float]:
    """Sum the usage of a trace's steps, and the seconds from the first start to the last end."""
    usage = Usage()
    seconds = 0.0
    for step in trace_steps:
        seconds = max(seconds, step.started_s + step.elapsed_s)
        if isinstance(step.effect, Ask) and isinstance(step.reply, tuple):
            for completion in step.reply:
                usage = usage + cast(Completion, completion).usage
    return usage, round(seconds, 3)


_CHARACTERS_A_TOKEN = 4  # of English; numbers take more tokens, so a prompt has at least so many


class Grant(NamedTuple):
    """What a budget allows of one tuple: why nothing, or the Asks as allowed; and the seconds left."""

    refusal: str
    asks: list[Ask | None]
    seconds_left: float | None


class Ledger:
    """Records what one run has spent against its budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._reserved_calls = 0
        self._promised_tokens = 0
        self._since_s = 0.0
        self.spent = Usage()

    def renew(self, now_s: float) -> None:
        """Allow as much again from now on."""
        self._reserved_calls, self._promised_tokens, self._since_s = 0, 0, now_s
        self.spent = Usage()

    def restore(self, calls: int) -> None:
        """Count calls that an earlier part of this run has made; `charge` counts the rest."""
        self._reserved_calls += calls

    def refusal(self, now_s: float, asks: Sequence[Ask] = ()) -> str:
        """Return why no further completion is allowed, or an empty string.

        Args:
            now_s: seconds from the start of the run.
            asks: what is about to be asked at the same time; a prompt that does not fit is not sent.
        """
        self._promised_tokens = 0
        limit = self._budget
        if limit.seconds is not None and now_s - self._since_s >= limit.seconds:
            return f"the budget of {limit.seconds:g} seconds is spent"
        if limit.calls is not None and self._reserved_calls >= limit.calls:
            return f"the budget of {limit.calls} calls is spent"
        if limit.tokens is not None and self.spent.tokens >= limit.tokens:
            return f"the budget of {limit.tokens} tokens is spent"
        if limit.tokens is not None and asks:
            prompt, left = min(map(prompt_tokens, asks)), limit.tokens - self.spent.tokens
            if prompt >= left:
                return (
                    f"the budget of {limit.tokens} tokens is spent: "
                    f"the next prompt takes about {prompt}, and {left} are left"
                )
        if limit.usd is None:
            return ""
        if self.spent.usd is None:
            return "the budget is in dollars but the model's price is unknown; limit the calls instead"
        if self.spent.usd >= limit.usd:
            return f"the budget of ${limit.usd:g} is spent"
        return ""

    def reserve(self, effect: Ask, among: int = 1) -> Ask | None:
        """Reserve calls and tokens for an Ask before it is performed, its prompt included.

        Args:
            effect: what is asked.
            among: Asks of the same tuple that have nothing reserved yet, this one included.

        Returns:
            The effect, reduced to what is left; None where nothing is left.
        """
        limit = self._budget
        n = effect.n
        if limit.calls is not None:
            n = min(n, limit.calls - self._reserved_calls)
        if n < 1:
            return None
        if limit.tokens is None:
            self._reserved_calls += n
            return replace(effect, n=n)
        left = limit.tokens - self.spent.tokens - self._promised_tokens - prompt_tokens(effect)
        if left < 1:
            return None
        self._reserved_calls += n
        share = max(1, left // (among * n))
        longest = min(share, effect.max_tokens or share)
        self._promised_tokens += prompt_tokens(effect) + n * longest
        return replace(effect, n=n, max_tokens=longest)

    def grant(self, now_s: float, asks: Sequence[Ask]) -> Grant:
        """Reserve what the Asks of one tuple may use; see `refusal` and `reserve`."""
        refusal = self.refusal(now_s, asks) if asks else ""
        allowed = [
            None if refusal else self.reserve(ask, len(asks) - place) for place, ask in enumerate(asks)
        ]
        return Grant(refusal, allowed, self.seconds_left(now_s))

    def charge(self, usage: Usage) -> None:
        """Add the usage of a performed effect."""
        self.spent = self.spent + usage

    def seconds_left(self, now_s: float) -> float | None:
        """Return the seconds until the deadline, None without one; `now_s` counts from the start."""
        if self._budget.seconds is None:
            return None
        return max(0.001, self._budget.seconds - (now_s - self._since_s))


def prompt_tokens(effect: Ask) -> int:
    """Estimate the tokens of a prompt from below, by its characters."""
    said = sum(len(message.content) for message in effect.messages)
    return (said + sum(len(tool.description) for tool in effect.tools)) // _CHARACTERS_A_TOKEN
