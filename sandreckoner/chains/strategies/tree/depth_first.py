"""Depth-first search with pruning (Yao et al. 2023, algorithm 2)."""

from __future__ import annotations

from dataclasses import dataclass

from sandreckoner.chains.method import require_positive
from sandreckoner.chains.strategies.tree.growth import Growth, by_value
from sandreckoner.chains.strategies.tree.node import Node
from sandreckoner.core.effects import Steps


@dataclass(frozen=True, slots=True)
class DepthFirst:
    """Expand the most promising child first, down to the first leaf; backtrack where a branch is pruned.

    Attributes:
        depth: thoughts after which a node is a leaf, 1 or more.
        max_nodes: nodes that may be expanded, 1 or more.
        at_least: a child of a lower value is pruned.
    """

    depth: int = 3
    max_nodes: int = 20
    at_least: float = 1.0

    def __post_init__(self) -> None:
        require_positive(depth=self.depth, max_nodes=self.max_nodes)

    @property
    def expansions(self) -> int:
        return self.max_nodes

    def search(self, growth: Growth) -> Steps[list[Node]]:
        waiting = [Node()]
        for _ in range(self.max_nodes):
            if not waiting:
                break
            children = yield from growth.grow([waiting.pop()])
            yield from growth.prune([child for child in children if child.value < self.at_least])
            good = by_value([child for child in children if child.value >= self.at_least])
            ends = [child for child in good if child.done or child.depth >= self.depth]
            if ends:
                return ends
            waiting += reversed(good)
        return []
