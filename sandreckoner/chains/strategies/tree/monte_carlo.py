"""Monte Carlo tree search with the evaluator in the place of random play.

Kocsis and Szepesvári 2006, "Bandit Based Monte-Carlo Planning" (UCT); Hao et al. 2023, "Reasoning with
Language Model is Planning with Environment Model" (for thoughts of a language model).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sandreckoner.chains.method import require_positive
from sandreckoner.chains.strategies.tree.growth import Growth
from sandreckoner.chains.strategies.tree.node import Node
from sandreckoner.core.effects import Steps
from sandreckoner.core.errors import UsageError


@dataclass(slots=True, eq=False)
class _Spot:
    """A node with what the visits below it brought."""

    node: Node
    above: _Spot | None = None
    below: list[_Spot] = field(default_factory=list)
    visits: int = 0
    total: float = 0.0
    exhausted: bool = False

    def urgency(self, exploration: float, scale: float) -> float:
        """The upper confidence bound of its mean value, with values scaled to at most 1."""
        assert self.above is not None
        if not self.visits:
            return math.inf
        mean = self.total / self.visits / scale
        return mean + exploration * math.sqrt(math.log(self.above.visits) / self.visits)


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """Each round walks down by UCT, grows the node it comes to, and carries the best child's value up.

    Attributes:
        depth: thoughts after which a line counts as an end, 1 or more.
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
        root = _Spot(Node())
        ends: list[Node] = []
        for _ in range(self.rounds):
            if root.exhausted:
                break
            spot = self._descend(root, max([1e-9, *(node.value for node in growth.nodes)]))
            children = yield from growth.grow([spot.node])
            spot.below = [_Spot(child, spot, exhausted=self._is_end(child)) for child in children]
            ends += [child for child in children if self._is_end(child)]
            for child in spot.below:
                child.visits, child.total = 1, child.node.value
            _carry_up(spot, max([0.0, *(child.value for child in children)]))
        return sorted(ends, key=lambda node: (-node.value, not node.done))

    def _descend(self, root: _Spot, scale: float) -> _Spot:
        spot = root
        while spot.below:
            open_spots = [below for below in spot.below if not below.exhausted]
            spot = max(open_spots, key=lambda below: below.urgency(self.exploration, scale))
        return spot

    def _is_end(self, node: Node) -> bool:
        return node.done or node.depth >= self.depth


def _carry_up(spot: _Spot, value: float) -> None:
    """Count a visit on the way to the root; a spot with nothing left to grow below it is exhausted."""
    here: _Spot | None = spot
    while here is not None:
        here.visits += 1
        here.total += value
        here.exhausted = all(below.exhausted for below in here.below)
        here = here.above
