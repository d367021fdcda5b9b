"""Breadth-first search that keeps the best few nodes of each level (Yao et al. 2023, algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass

from sandreckoner.chains.method import require_positive
from sandreckoner.chains.strategies.tree.growth import Growth, by_value
from sandreckoner.chains.strategies.tree.node import Node
from sandreckoner.core.effects import Steps


@dataclass(frozen=True, slots=True)
class Beam:
    """Expand level by level, keeping the best nodes of each.

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
            level = yield from self._level(growth, kept)
            if not level:
                break
            kept = level
        return [node for node in kept if node.parent]

    def _level(self, growth: Growth, kept: list[Node]) -> Steps[list[Node]]:
        """Return the best nodes of the next level; the others are freed with their program states."""
        children = yield from growth.grow([node for node in kept if not node.done])
        if not children:
            return []
        ranked = by_value([node for node in kept if node.done] + children)
        yield from growth.prune(ranked[self.breadth :])
        return ranked[: self.breadth]
