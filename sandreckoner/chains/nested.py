"""Wrap a strategy: nest it in another, where each of its answers is one candidate, or seed its samples."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, cast

from sandreckoner.chains.method import Method, Sampling, Strategy, require_positive, strategy_calls
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Ask, Effect, Steps, map_effects, together, within
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.problem import Problem

# Runs of the same strategy must not draw the same samples; no strategy uses as many seeds as this in one run.
_SEEDS_APART = 100_000


@dataclass(frozen=True, slots=True)
class Nested:
    """A strategy as a method: `n` candidates are the answers of `n` concurrent runs.

    The inner strategy has its own sampling: of the outer one only `n` and `seed` count.

    Attributes:
        strategy: any strategy.
    """

    strategy: Strategy

    def calls(self, n: int) -> int:
        """Return the maximum number of completions for `n` candidates."""
        return n * strategy_calls(self.strategy)

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        first = sampling.seed or 0
        runs = [
            within(f"run {place + 1}", _reseeded(self._run(problem), seed))
            for place, seed in enumerate(range(first, first + sampling.n * _SEEDS_APART, _SEEDS_APART))
        ]
        return tuple((yield from together(runs)))

    def _run(self, problem: Problem) -> Steps[Candidate]:
        try:
            answer = yield from self.strategy(problem)
        except BudgetSpent as spent:
            return Candidate(None, error=str(spent))
        return _as_candidate(answer)


def _as_candidate(answer: Answer) -> Candidate:
    return answer.winner or Candidate(answer.text, error=answer.reason)


def _reseeded(steps: Steps[Candidate], by: int) -> Steps[Candidate]:
    def change(effect: Effect) -> Effect:
        return replace(effect, seed=(effect.seed or 0) + by) if by and isinstance(effect, Ask) else effect

    return map_effects(change, steps)


def as_method(thought: Method | Strategy) -> Method:
    """Return a method as it is, and a strategy as a nested method."""
    return cast(Method, thought) if hasattr(thought, "draw") else Nested(thought)


@dataclass(frozen=True, slots=True)
class Seeded:
    """A strategy that gives a seed to each sampled Ask without one.

    Attributes:
        strategy: any; the seeds that it sets itself stay.
        seed: the same gives the same seeds, in the order in which the strategy asks.
    """

    strategy: Strategy
    seed: int

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return strategy_calls(self.strategy)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        asked = 0

        def change(effect: Effect) -> Effect:
            nonlocal asked
            if not isinstance(effect, Ask) or effect.temperature == 0 or effect.seed is not None:
                return effect
            asked += 1
            return replace(effect, seed=derived_seed(self.seed, asked))

        return map_effects(change, self.strategy(problem))


@dataclass(frozen=True, slots=True)
class Sampled:
    """A strategy whose every Ask is drawn otherwise, as `--temperature`, `--max-tokens` and `--seed` say.

    Attributes:
        strategy: any.
        temperature: of every Ask; None leaves what the strategy sets.
        max_tokens: longest completion, in tokens; None leaves it.
        seed: see `Seeded`; None for none.
    """

    strategy: Strategy
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        Sampling(temperature=self.temperature or 0.0, max_tokens=self.max_tokens or 1, seed=self.seed)
        if self.max_tokens is not None:
            require_positive(max_tokens=self.max_tokens)

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return strategy_calls(self.strategy)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        given = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}

        def change(effect: Effect) -> Effect:
            return replace(effect, **changes) if isinstance(effect, Ask) else effect

        drawn = map_effects(change, self.strategy(problem))
        return drawn if self.seed is None else Seeded(lambda _: drawn, self.seed)(problem)


def derived_seed(*parts: int | str) -> int:
    """Derive a 31-bit seed from numbers and texts."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1
