"""Effects: requests that a strategy yields to its driver. A strategy is a generator of tuples of effects.

    def double_check(problem):                      # a strategy performs nothing itself
        first = yield from ask([Message("user", problem.question)])
        ...

The effects of a tuple are performed concurrently; the replies come back in its order. Only the drivers `run`
and `arun` (`runtime.py`) perform effects.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

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
