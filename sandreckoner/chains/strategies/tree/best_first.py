"""Best-first search: expand the most promising node of the whole tree next."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count

from sandreckoner.chains.method import require_positive
from sandreckoner.chains.strategies.tree.growth import Growth
from sandreckoner.chains.strategies.tree.node import Node
from sandreckoner.core.effects import Steps


@dataclass(frozen=True, slots=True)
class BestFirst:
    """Expand by value, anywhere in the tree; of equals the earliest.

    Attributes:
        depth: thoughts after which a node is a leaf, 1 or more.
        max_nodes: nodes that may be expanded, 1 or more.
    """

    depth: int = 3
    max_nodes: int = 20

    def __post_init__(self) -> None:
        require_positive(depth=self.depth, max_nodes=self.max_nodes)

    @property
    def expansions(self) -> int:
        return self.max_nodes

    def search(self, growth: Growth) -> Steps[list[Node]]:
        turn = count()
        waiting: list[tuple[float, int, Node]] = [(0.0, next(turn), Node())]
        grown = 0
        while waiting:
            _, _, node = heapq.heappop(waiting)
            if node.done or node.depth >= self.depth:
                return [node]
            if grown == self.max_nodes:
                break
            grown += 1
            for child in (yield from growth.grow([node])):
                heapq.heappush(waiting, (-child.value, next(turn), child))
        return []
