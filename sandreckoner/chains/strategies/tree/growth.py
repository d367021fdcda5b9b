"""Grow the tree of one run: expand nodes, evaluate their children, record them in the trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sandreckoner.chains.strategies.tree.node import Evaluator, Node, Thoughts, at_node
from sandreckoner.core.combine import together
from sandreckoner.core.effects import Note, Steps
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.problem import Problem


class Growth:
    """Grows a tree, level by level or node by node, as a search order requests.

    Attributes:
        nodes: all that were grown and not pruned, in order, dead ends included.
    """

    def __init__(self, problem: Problem, thoughts: Thoughts, evaluator: Evaluator) -> None:
        self._problem = problem
        self._thoughts = thoughts
        self._evaluator = evaluator
        self._known: dict[str, float] = {}
        self.nodes: list[Node] = []

    def grow(self, parents: Sequence[Node]) -> Steps[list[Node]]:
        """Expand nodes and evaluate their children, in the order of their parents; dead ends are left out.

        A child that says the same as an earlier one of the same call is worth 0 and is not asked about. Once
        the budget has ended nothing grows any more, and children that could not be valued are worth 0.
        """
        try:
            families = yield from together(
                [at_node(parent, self._thoughts.expand(self._problem, parent)) for parent in parents]
            )
        except BudgetSpent:
            return []
        children = [child for family in families for child in family]
        alive = [child for child in children if not child.error]
        values = yield from self._values(alive)
        alive = [replace(child, value=value) for child, value in zip(alive, values, strict=True)]
        dead = [child for child in children if child.error]
        self.nodes += [*alive, *dead]
        if children:
            yield tuple(
                Note(child.thought, {"value": child.value, **_why(child)}, child.scope)
                for child in (*alive, *dead)
            )
        return alive

    def _values(self, children: list[Node]) -> Steps[list[float]]:
        first: dict[str, Node] = {}
        for child in children:
            first.setdefault(child.text, child)
        fresh = list(first.values())
        try:
            values = yield from self._evaluator.evaluate(self._problem, fresh, self._known)
        except BudgetSpent:
            values = (0.0,) * len(fresh)
        of = {id(child): value for child, value in zip(fresh, values, strict=True)}
        return [of.get(id(child), 0.0) for child in children]

    def prune(self, nodes: Sequence[Node]) -> Steps[None]:
        """Discard nodes with their program states, and note them as pruned in the trace."""
        discarded = {id(node) for node in nodes}
        self.nodes = [node for node in self.nodes if id(node) not in discarded]
        if nodes:
            yield tuple(Note("pruned", {"value": node.value}, node.scope) for node in nodes)

    def furthest(self) -> list[Node]:
        """Return the deepest node to answer with where no leaf was reached; of equals the best."""
        alive = [node for node in self.nodes if not node.error]
        return sorted(alive, key=lambda node: (not node.done, -node.depth, -node.value))[:1]


def _why(child: Node) -> dict[str, str]:
    return {"dead end": child.error} if child.error else {}


def by_value(nodes: Sequence[Node]) -> list[Node]:
    """Sort by value, best first; of equals the earliest first."""
    return sorted(nodes, key=lambda node: -node.value)
