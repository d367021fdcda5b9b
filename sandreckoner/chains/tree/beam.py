"""Breadth-first search that keeps the best few nodes of each level (Yao et al. 2023, algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass

from sandreckoner.chains.form import require_positive
from sandreckoner.chains.tree.growth import Growth, by_value
from sandreckoner.chains.tree.node import Node
from sandreckoner.core.effects import Steps


@dataclass(frozen=True, slots=True)
class Beam:
    """Level by level.

    Attributes:
        depth: levels, 1 or more.
        breadth: nodes kept of each level, 1 or more; among equals the earliest stay.
    """

    depth: int = 3
    breadth: int = 5

    def __post_init__(self) -> None:
        require_positive(depth=self.depth, breadth=self.breadth)

    @property
    def expansions(self) -> int:
        return 1 + (self.depth - 1) * self.breadth

    def search(self, growth: Growth) -> Steps[list[Node]]:
        kept = [Node()]
        for _ in range(self.depth):
            children = yield from growth.grow([node for node in kept if not node.done])
            if not children:
                break
            ranked = by_value([node for node in kept if node.done] + children)
            kept = ranked[: self.breadth]
            yield from growth.prune(ranked[self.breadth :])
        return [node for node in kept if node.parent]
