"""The protocol of search orders; each stands in a file of its own beside this one."""

from __future__ import annotations

from typing import Protocol

from sandreckoner.chains.strategies.tree.growth import Growth
from sandreckoner.chains.strategies.tree.node import Node
from sandreckoner.core.effects import Steps


class Order(Protocol):
    """Decides which node grows next, and when to stop."""

    @property
    def expansions(self) -> int:
        """The most nodes that are grown."""
        ...

    def search(self, growth: Growth) -> Steps[list[Node]]:
        """Grow the tree from its root; returns the ends that it found, best first."""
        ...
