"""Search orders over a tree of thoughts: beam, depth-first and best-first (Yao et al. 2023)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from sandreckoner.chains.method import require_positive
from sandreckoner.chains.strategies.tree.thought_tree import Growth, Node, by_value
from sandreckoner.core.effects import Steps


class Order(Protocol):
    """A search order: decides which node to expand next, and when to stop."""

    @property
    def expansions(self) -> int:
        """The maximum number of nodes expanded."""
        ...

    def search(self, growth: Growth) -> Steps[list[Node]]:
        """Grow the tree from its root and return the leaves found, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Beam:
    """Breadth-first search that keeps the best nodes of each level (Yao et al. 2023, algorithm 1).

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


@dataclass(frozen=True, slots=True)
class _Bounded:
    """An order that is bounded by depth and by the number of nodes expanded."""

    depth: int = 3
    max_nodes: int = 20

    def __post_init__(self) -> None:
        require_positive(depth=self.depth, max_nodes=self.max_nodes)

    @property
    def expansions(self) -> int:
        return self.max_nodes


@dataclass(frozen=True, slots=True)
class DepthFirst(_Bounded):
    """Depth-first search, the most promising child first, with pruning (Yao et al. 2023, algorithm 2).

    Attributes:
        depth: thoughts after which a node is a leaf, 1 or more.
        max_nodes: nodes that may be expanded, 1 or more.
        at_least: a child of a lower value is pruned.
    """

    at_least: float = 1.0

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


@dataclass(frozen=True, slots=True)
class BestFirst(_Bounded):
    """Best-first search: expand by value, anywhere in the tree; of equals the earliest.

    Attributes:
        depth: thoughts after which a node is a leaf, 1 or more.
        max_nodes: nodes that may be expanded, 1 or more.
    """

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
