"""Effects: requests that a strategy yields to its driver. A strategy is a generator of tuples of effects.

    def double_check(problem):                      # a strategy performs nothing itself
        first = yield from ask([Message("user", problem.question)])
        ...

The effects of a tuple are performed concurrently; the replies come back in its order. Only the drivers `run`
and `arun` (`runtime.py`) perform effects. At the end stands what combines the steps of strategies: nest, map,
run side by side, mark what a budget cut short.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeAlias, TypeVar

from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.execution import JSON, Execution, Returned, State
from sandreckoner.core.message import Completion, Message, ToolCall, ToolChoice, ToolSchema
from sandreckoner.core.problem import Passage

Scope: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Draw `n` completions; the reply is a tuple of at most `n` (fewer where the budget ended).

    Attributes:
        messages: the conversation so far.
        n: completions requested, 1 or more.
        temperature: 0 is greedy.
        top_p: nucleus size in (0, 1]; None for the backend's default.
        top_k: number of tokens kept; None for the backend's default.
        stop: strings at which a completion ends; not part of it.
        max_tokens: longest completion, in tokens; None for the backend's default.
        seed: makes sampling repeatable where the backend can.
        grammar: a GBNF grammar that the completion must follow, where the backend can.
        scope: position in the strategy, outermost first; see `within`.
        tools: that a completion may call instead of answering.
        tool_choice: `any` where it must call one and the backend can force it.
    """

    messages: tuple[Message, ...]
    n: int = 1
    temperature: float = 0.0
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    seed: int | None = None
    grammar: str | None = None
    scope: Scope = ()
    tools: tuple[ToolSchema, ...] = ()
    tool_choice: ToolChoice = "auto"


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program; the reply is an `Execution`.

    Attributes:
        code: Python source; the value of a last line that is an expression comes back.
        state: continue from the state after an earlier run, which stays as it is; None for a fresh one.
        inputs: variables defined before the program starts, as JSON.
        keep: whether to keep the state afterwards (the execution holds a handle); a fresh run that keeps
            nothing is the fastest.
        functions: names of host functions that the program may call; they need `keep`. A call ends the
            run with the status `waiting`, and `Resume` passes in what it returns.
        scope: position in the strategy.
    """

    code: str
    state: State | None = None
    inputs: Mapping[str, JSON] = field(default_factory=dict)
    keep: bool = False
    functions: tuple[str, ...] = ()
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Resume:
    """Continue a program that waits for a function call to return; the reply is an `Execution`.

    Attributes:
        state: of the `waiting` execution; it is not changed, so that another value can be tried.
        returned: the value of the call, or the error to raise there.
        scope: position in the strategy.
    """

    state: State
    returned: Returned
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Use:
    """Call one of the environment's tools; the reply is a `Returned`.

    Attributes:
        tool: its name in `Environment.tools`.
        arguments: by name, as JSON.
        scope: position in the strategy.
    """

    tool: str
    arguments: Mapping[str, JSON] = field(default_factory=dict)
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Search:
    """Find the `k` passages that best fit a query; the reply is a tuple of them, best first."""

    query: str
    k: int = 5
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class AskUser:
    """Ask the user; the reply is a `Returned` with what they said.

    Attributes:
        kind: `question` (the reply is text), `approval` of the `calls` (True, or False or the reason against
            them), or `budget` (True for as much again, which renews the run's budget).
        text: the question.
        calls: that wait for approval.
        scope: position in the strategy.
    """

    kind: Literal["question", "approval", "budget"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Record a decision in the trace (a score, a pruned branch, a winner); the reply is None. Free."""

    text: str
    data: Mapping[str, JSON] = field(default_factory=dict)
    scope: Scope = ()


Effect: TypeAlias = Ask | AskUser | Run | Resume | Search | Use | Note
Reply: TypeAlias = tuple[Completion, ...] | Execution | tuple[Passage, ...] | Returned | None

T = TypeVar("T")
Steps: TypeAlias = Generator[tuple[Effect, ...], Sequence[Reply], T]


def ask(
    messages: Sequence[Message],
    *,
    n: int = 1,
    temperature: float = 0.0,
    top_p: float | None = None,
    top_k: int | None = None,
    stop: Sequence[str] = (),
    max_tokens: int | None = None,
    seed: int | None = None,
    grammar: str | None = None,
) -> Steps[tuple[Completion, ...]]:
    """Yield one `Ask` and return its completions (fewer than `n` where the budget ended)."""
    effect = Ask(tuple(messages), n, temperature, top_p, top_k, tuple(stop), max_tokens, seed, grammar)
    (reply,) = yield (effect,)
    assert isinstance(reply, tuple)
    return reply  # type: ignore[return-value]  # an Ask is answered with completions


def run(
    code: str, *, state: State | None = None, inputs: Mapping[str, JSON] | None = None, keep: bool = False
) -> Steps[Execution]:
    """Yield one `Run` and return its execution."""
    (reply,) = yield (Run(code, state, inputs or {}, keep),)
    assert isinstance(reply, Execution)
    return reply


def ask_user(
    kind: Literal["question", "approval", "budget"], text: str, calls: Sequence[ToolCall] = ()
) -> Steps[JSON]:
    """Yield one `AskUser` and return what the user said."""
    (reply,) = yield (AskUser(kind, text, tuple(calls)),)
    assert isinstance(reply, Returned)
    return reply.value


def use(tool: str, arguments: Mapping[str, JSON] | None = None) -> Steps[Returned]:
    """Yield one `Use` and return its result."""
    (reply,) = yield (Use(tool, arguments or {}),)
    assert isinstance(reply, Returned)
    return reply


def search(query: str, *, k: int = 5) -> Steps[tuple[Passage, ...]]:
    """Yield one `Search` and return its passages."""
    (reply,) = yield (Search(query, k),)
    assert isinstance(reply, tuple)
    return reply  # type: ignore[return-value]  # a Search is answered with passages


def note(text: str, **data: JSON) -> Steps[None]:
    """Yield one `Note`."""
    yield (Note(text, data),)


def within(scope: str, steps: Steps[T]) -> Steps[T]:
    """Put the effects of some steps inside `scope`; the trace shows scopes as a tree."""
    return (yield from map_effects(lambda effect: replace(effect, scope=(scope, *effect.scope)), steps))


def map_effects(change: Callable[[Effect], Effect], steps: Steps[T]) -> Steps[T]:
    """Apply `change` to each effect of some steps before it is performed."""
    try:
        effects = next(steps)
        while True:
            try:
                replies = yield tuple(change(effect) for effect in effects)
            except Exception as fault:
                effects = steps.throw(fault)
            else:
                effects = steps.send(replies)
    except StopIteration as stop:
        result: T = stop.value
        return result


@dataclass(slots=True)
class _Member(Generic[T]):
    """One of several strategies that advance in lockstep."""

    steps: Steps[T]
    wants: tuple[Effect, ...] = ()
    done: bool = False
    result: T | None = None

    def advance(self, replies: Sequence[Reply] | None, fault: Exception | None = None) -> None:
        try:
            if fault is not None:
                self.wants = self.steps.throw(fault)
            elif replies is None:
                self.wants = next(self.steps)
            else:
                self.wants = self.steps.send(replies)
        except StopIteration as stop:
            self.done, self.result, self.wants = True, stop.value, ()


def together(strategies: Sequence[Steps[T]]) -> Steps[list[T]]:
    """Run several strategies in lockstep: the effects of each round are one concurrent tuple.

    Returns:
        Their results, in the order given. An error is thrown into every strategy that is still running;
        the first that does not catch it ends all.
    """
    members = [_Member(steps) for steps in strategies]
    try:
        for member in members:
            member.advance(None)
        while any(not member.done for member in members):
            waiting = [member for member in members if not member.done]
            effects = tuple(effect for member in waiting for effect in member.wants)
            try:
                replies = yield effects
            except Exception as fault:
                for member in waiting:
                    member.advance(None, fault)
                continue
            start = 0
            for member in waiting:
                end = start + len(member.wants)
                member.advance(replies[start:end])
                start = end
        return [member.result for member in members]  # type: ignore[misc]  # each is done
    finally:
        for member in members:
            member.steps.close()


def with_budget_status(steps: Steps[Answer]) -> Steps[Answer]:
    """Set the status and the reason of an answer that the budget cut short.

    So a strategy only has to go on with what it has. One that does not catch `BudgetSpent` has no answer.
    """
    ended = ""
    try:
        effects = next(steps)
        while True:
            try:
                replies = yield effects
            except BudgetSpent as spent:
                ended = str(spent)
                effects = steps.throw(spent)
            except Exception as fault:
                effects = steps.throw(fault)
            else:
                ended = "" if _renewed(effects, replies) else ended or _shortfall(effects, replies)
                effects = steps.send(replies)
    except BudgetSpent as spent:
        return Answer(None, "budget spent", reason=str(spent))
    except StopIteration as stop:
        answer: Answer = stop.value
    if not ended:
        return answer
    why = "; ".join(dict.fromkeys(part for part in (ended, answer.reason) if part))
    return replace(answer, status="budget spent", reason=why)


def _renewed(effects: Sequence[Effect], replies: Sequence[Reply]) -> bool:
    """Whether the user has allowed as much again."""
    return any(
        isinstance(effect, AskUser) and effect.kind == "budget" and getattr(reply, "value", None) is True
        for effect, reply in zip(effects, replies, strict=True)
    )


def _shortfall(effects: Sequence[Effect], replies: Sequence[Reply]) -> str:
    """Say how many completions of those requested the budget left out; empty where none."""
    wanted = got = 0
    for effect, reply in zip(effects, replies, strict=True):
        if isinstance(effect, Ask) and isinstance(reply, tuple):
            wanted, got = wanted + effect.n, got + len(reply)
    return f"the budget had room for {got} of {wanted} completions" if got < wanted else ""
