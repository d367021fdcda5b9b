"""Monte Carlo tree search with the evaluator instead of random playouts.

Kocsis and Szepesvári 2006, "Bandit Based Monte-Carlo Planning" (UCT); Hao et al. 2023, "Reasoning with
Language Model is Planning with Environment Model" (for thoughts of a language model).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sandreckoner.chains.method import require_positive
from sandreckoner.chains.strategies.tree.thought_tree import Growth, Node
from sandreckoner.core.effects import Steps
from sandreckoner.core.errors import UsageError


@dataclass(slots=True, eq=False)
class _SearchNode:
    """A node of the tree with the visits below it and the sum of their values."""

    node: Node
    parent: _SearchNode | None = None
    children: list[_SearchNode] = field(default_factory=list)
    visits: int = 0
    total: float = 0.0
    exhausted: bool = False

    def urgency(self, exploration: float, scale: float) -> float:
        """Return the upper confidence bound of the mean value, with values scaled to at most 1."""
        assert self.parent is not None
        if not self.visits:
            return math.inf
        mean = self.total / self.visits / scale
        return mean + exploration * math.sqrt(math.log(self.parent.visits) / self.visits)


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """Monte Carlo tree search: descend by UCT, grow the leaf, propagate the best child's value back up.

    Attributes:
        depth: thoughts after which a node is a leaf, 1 or more.
        rounds: 1 or more; each grows one node at most.
        exploration: 0 goes where values are highest; more tries what was visited less.
    """

    depth: int = 3
    rounds: int = 10
    exploration: float = 1.0

    def __post_init__(self) -> None:
        require_positive(depth=self.depth, rounds=self.rounds)
        if self.exploration < 0:
            raise UsageError(f"exploration must be 0 or more, not {self.exploration}")

    @property
    def expansions(self) -> int:
        return self.rounds

    def search(self, growth: Growth) -> Steps[list[Node]]:
        root = _SearchNode(Node())
        ends: list[Node] = []
        for _ in range(self.rounds):
            if root.exhausted:
                break
            current = self._descend(root, max([1e-9, *(node.value for node in growth.nodes)]))
            grown = yield from growth.grow([current.node])
            ends += [node for node in grown if self._is_end(node)]
            current.children = [
                _SearchNode(node, current, visits=1, total=node.value, exhausted=self._is_end(node))
                for node in grown
            ]
            _back_propagate(current, max([0.0, *(node.value for node in grown)]))
        return sorted(ends, key=lambda node: (-node.value, not node.done))

    def _descend(self, root: _SearchNode, scale: float) -> _SearchNode:
        current = root
        while current.children:
            open_children = [child for child in current.children if not child.exhausted]
            current = max(open_children, key=lambda child: child.urgency(self.exploration, scale))
        return current

    def _is_end(self, node: Node) -> bool:
        return node.done or node.depth >= self.depth


def _back_propagate(leaf: _SearchNode, value: float) -> None:
    """Count a visit on the way to the root; a node with nothing left to grow below it is exhausted."""
    current: _SearchNode | None = leaf
    while current is not None:
        current.visits += 1
        current.total += value
        current.exhausted = all(child.exhausted for child in current.children)
        current = current.parent
