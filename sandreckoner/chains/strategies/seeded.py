"""Seeds for all sampled completions: runs with the same seed repeat, with different seeds they differ."""

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


def derived_seed(*parts: int | str) -> int:
    """Derive a 31-bit seed from numbers and texts."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1
