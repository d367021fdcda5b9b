"""A form of thought: how to prompt, and how to read a completion into a candidate answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Steps, ask
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class Sampling:
    """How completions are drawn.

    Attributes:
        n: how many, 1 or more.
        temperature: 0 is greedy.
        top_p: nucleus size in (0, 1]; None for the backend's default.
        top_k: number of tokens kept; None for the backend's default.
        stop: strings at which a completion ends; a single one may stand by itself.
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
        if self.temperature < 0:
            raise UsageError(f"temperature must be 0 or more, not {self.temperature}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UsageError(f"top_p must be above 0 and at most 1, not {self.top_p}")

    def one(self, place: int = 0) -> Sampling:
        """A single draw, the `place`th of several that differ by their seeds."""
        return replace(self, n=1, seed=None if self.seed is None else self.seed + place)

    def ask(self, messages: tuple[Message, ...]) -> Steps[tuple[Completion, ...]]:
        """Draw completions of a conversation this way."""
        return ask(
            messages,
            n=self.n,
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            stop=self.stop,
            max_tokens=self.max_tokens,
            seed=self.seed,
        )


class Form(Protocol):
    """Draws candidates: at most `sampling.n` of them, fewer where the budget ended on the way.

    A form that asks more than once for a candidate says so in a method `calls(n) -> int`, the most
    completions that `n` candidates may take.
    """

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]: ...


class Strategy(Protocol):
    """A form under a search: takes a problem to an answer. Usage, seconds and sources are filled in later.

    An attribute `calls` says how many completions it may ask for at most.
    """

    def __call__(self, problem: Problem) -> Steps[Answer]: ...


def require_positive(**numbers: int) -> None:
    """Refuse what is no whole number or below 1, by its name.

    Raises:
        UsageError: with the name.
    """
    for name, number in numbers.items():
        if not isinstance(number, int) or number < 1:
            raise UsageError(f"{name} must be a whole number, 1 or more, not {number!r}")
