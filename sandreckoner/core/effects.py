"""What a strategy may want from the world. A strategy is a generator that yields tuples of these.

    def double_check(problem):                      # a strategy is pure: it touches nothing itself
        first = yield from ask([Message("user", problem.question)])
        ...

A tuple is performed concurrently; the replies come back in its order. Only `drive` and `adrive` perform.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from sandreckoner.core.execution import JSON, Execution, Returned, State
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.passage import Passage

Scope: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Draw `n` completions; the reply is a tuple of at most `n` (fewer where the budget ended).

    Attributes:
        messages: the conversation so far.
        n: completions wanted, 1 or more.
        temperature: 0 is greedy.
        top_p: nucleus size in (0, 1]; None for the backend's default.
        top_k: number of tokens kept; None for the backend's default.
        stop: strings at which a completion ends; they are not part of it.
        max_tokens: longest completion, in tokens; None for the backend's default.
        seed: makes sampling repeatable where the backend can.
        grammar: a GBNF grammar that the completion must follow, where the backend can.
        scope: where in the strategy this effect stands, outermost first; see `within`.
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


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program; the reply is an `Execution`.

    Attributes:
        code: Python source; the value of a last line that is an expression comes back.
        state: continue from the state after an earlier run, which stays as it is; None for a fresh one.
        inputs: variables that the program finds defined, as JSON.
        keep: whether the state afterwards is wanted (a handle on it comes back); a fresh run that keeps
            nothing is the quickest.
        functions: names of functions of the caller's that the program may call; they need `keep`. A call
            ends the run with the status `waiting`, and `Resume` hands over what it returns.
        scope: where in the strategy this effect stands.
    """

    code: str
    state: State | None = None
    inputs: Mapping[str, JSON] = field(default_factory=dict)
    keep: bool = False
    functions: tuple[str, ...] = ()
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on with a program that waits for a call to return; the reply is an `Execution`.

    Attributes:
        state: of the `waiting` execution; it stays as it is, so that another value may be tried.
        returned: the value of the call, or the error that is raised there.
        scope: where in the strategy this effect stands.
    """

    state: State
    returned: Returned
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Use:
    """Use one of the world's tools; the reply is a `Returned`.

    Attributes:
        tool: its name in `Environment.tools`.
        arguments: by name, as JSON.
        scope: where in the strategy this effect stands.
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
class Note:
    """Write a decision into the trace (a score, a pruned branch, a winner); the reply is None. Free."""

    text: str
    data: Mapping[str, JSON] = field(default_factory=dict)
    scope: Scope = ()


Effect: TypeAlias = Ask | Run | Resume | Search | Use | Note
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


def use(tool: str, arguments: Mapping[str, JSON] | None = None) -> Steps[Returned]:
    """Yield one `Use` and return what came of it."""
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
