"""A seed for every sampled completion, so that a run can be done again and two runs of it differ."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from sandreckoner.chains.method import Strategy, strategy_calls
from sandreckoner.core.answer import Answer
from sandreckoner.core.combine import map_effects
from sandreckoner.core.effects import Ask, Effect, Steps
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class Seeded:
    """A strategy whose sampled Asks get a seed where they have none.

    Attributes:
        strategy: any; the seeds that it sets itself stay.
        seed: the same gives the same seeds, in the order in which the strategy asks.
    """

    strategy: Strategy
    seed: int

    @property
    def calls(self) -> int:
        """The most completions that it may ask for."""
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


def derived_seed(*parts: int | str) -> int:
    """A seed of 31 bits out of numbers and texts."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1
