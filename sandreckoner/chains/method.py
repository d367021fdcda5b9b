"""The protocols of methods and strategies, and how completions are sampled."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Protocol, cast, runtime_checkable

from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Ask, Steps
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class Sampling:
    """Parameters for drawing completions.

    Attributes:
        n: how many, 1 or more.
        temperature: 0 is greedy.
        top_p: nucleus size in (0, 1]; None for the backend's default.
        top_k: number of tokens kept, 1 or more; None for the backend's default.
        stop: strings at which a completion ends; a single string is accepted.
        max_tokens: longest completion, in tokens.
        seed: makes sampling repeatable where the backend can.
    """

    n: int = 1
    temperature: float = 0.0
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int = 1024
    seed: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.stop, str):
            object.__setattr__(self, "stop", (self.stop,))
        require_positive(n=self.n, max_tokens=self.max_tokens)
        if self.top_k is not None:
            require_positive(top_k=self.top_k)
        if not isinstance(self.temperature, int | float) or not 0 <= self.temperature < math.inf:
            raise UsageError(f"temperature must be a number, 0 or more, not {self.temperature!r}")
        if self.top_p is not None and not (isinstance(self.top_p, int | float) and 0 < self.top_p <= 1):
            raise UsageError(f"top_p must be above 0 and at most 1, not {self.top_p!r}")
        if not all(isinstance(stop, str) and stop for stop in self.stop):
            raise UsageError("stop must be a text, or several, none of them empty")
        if self.seed is not None and not isinstance(self.seed, int):
            raise UsageError(f"seed must be a whole number, not {self.seed!r}")

    def one(self, place: int = 0) -> Sampling:
        """Return these parameters for a single draw, the `place`th of several that differ by their seeds."""
        return replace(self, n=1, seed=None if self.seed is None else self.seed + place)

    def ask(self, messages: tuple[Message, ...]) -> Steps[tuple[Completion, ...]]:
        """Draw completions of a conversation with these parameters."""
        drawn = {field.name: getattr(self, field.name) for field in fields(self)}
        (reply,) = yield (Ask(messages, **drawn),)
        return cast(tuple[Completion, ...], reply)


class Method(Protocol):
    """A prompting method: draws at most `sampling.n` candidates, fewer where the budget ends.

    One that requests several completions for a candidate has a method `calls(n) -> int`, the maximum of
    completions that `n` candidates may take.
    """

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]: ...


@runtime_checkable
class TableMethod(Method, Protocol):
    """A method that looks figures up in the tables of a problem.

    Attributes:
        max_tables: tables that retrieval puts into a problem, 1 or more.
        max_beside: passages that it leaves beside them, so that a prompt stays short.
        in_words: answers from passages what the tables do not.
    """

    @property
    def max_tables(self) -> int: ...
    @property
    def max_beside(self) -> int: ...
    @property
    def in_words(self) -> Method: ...


class Strategy(Protocol):
    """An inference strategy: turns a problem into an answer. Usage, seconds and sources are filled in later.

    Its attribute `calls` is the maximum number of completions it may request.
    """

    def __call__(self, problem: Problem) -> Steps[Answer]: ...


def require_positive(**numbers: int) -> None:
    """Raise a `UsageError` that names the first value that is not a whole number of 1 or more.

    Raises:
        UsageError: with the name.
    """
    for name, number in numbers.items():
        if type(number) is not int or number < 1:
            raise UsageError(f"{name} must be a whole number, 1 or more, not {number!r}")


def method_calls(method: Method, n: int) -> int:
    """Return the maximum number of completions for `n` candidates of a method; `n` if it has no `calls`."""
    calls = getattr(method, "calls", None)
    return int(calls(n)) if callable(calls) else n


def strategy_calls(strategy: Strategy) -> int:
    """Return the maximum number of completions of a strategy; 1 if it has no `calls`."""
    return int(getattr(strategy, "calls", 1))
