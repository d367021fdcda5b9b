"""A tree of thoughts: its nodes, what proposes and evaluates them, and its growth in one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Note, Scope, Steps, together, within
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.execution import Execution, State
from sandreckoner.core.problem import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A thought with a link to the thoughts before it.

    Attributes:
        thought: this step alone, as it is shown to the model.
        parent: the step before; None for the root, which holds no thought.
        place: among its siblings, from 1.
        value: how promising it is, by the evaluator; larger is better.
        done: whether it ends in an answer and needs no further step.
        code: the cell of code that this thought is; empty where it is prose.
        execution: what came of the cell.
        state: the live interpreter after it, from which its children continue.
        error: why it cannot be expanded; empty where it can.
        repairs: what was mended in the cell before it ran.
    """

    thought: str = ""
    parent: Node | None = None
    place: int = 1
    value: float = 0.0
    done: bool = False
    code: str = ""
    execution: Execution | None = None
    state: State | None = None
    error: str = ""
    repairs: tuple[str, ...] = ()

    @property
    def line(self) -> tuple[Node, ...]:
        """The nodes from the first thought to this one; the root is left out."""
        above = self.parent.line if self.parent else ()
        return (*above, self) if self.parent else ()

    @property
    def depth(self) -> int:
        """The number of thoughts from the root; 0 for the root."""
        return len(self.line)

    @property
    def text(self) -> str:
        """All thoughts from the root to this one, one per line."""
        return "".join(f"{node.thought}\n" for node in self.line)

    @property
    def scope(self) -> Scope:
        """The scope in the trace: `("1", "1.3", "1.3.2")`."""
        names = [".".join(str(node.place) for node in self.line[: end + 1]) for end in range(self.depth)]
        return tuple(names)


def at_node(node: Node, steps: Steps[T]) -> Steps[T]:
    """Put steps inside the scope of a node."""
    for name in reversed(node.scope):
        steps = within(name, steps)
    return steps


class Thoughts(Protocol):
    """Proposes next thoughts, and turns a sequence of thoughts into an answer."""

    @property
    def k(self) -> int:
        """The maximum number of children of a node."""
        ...

    def tree_calls(self, expansions: int) -> int:
        """Return the maximum number of completions for so many expansions and the conclusion."""
        ...

    def expand(self, problem: Problem, node: Node) -> Steps[tuple[Node, ...]]:
        """Propose the next steps from a node, in order."""
        ...

    def conclude(self, problem: Problem, ends: Sequence[Node]) -> Steps[tuple[Candidate, ...]]:
        """Turn the leaves found, at least one and best first, into candidates."""
        ...


class Evaluator(Protocol):
    """Evaluates how promising nodes are."""

    def calls(self, nodes: int) -> int:
        """Return the maximum number of completions for evaluating so many siblings."""
        ...

    def evaluate(
        self, problem: Problem, nodes: Sequence[Node], known: dict[str, float]
    ) -> Steps[tuple[float, ...]]:
        """Return a value for each node; larger is better.

        Args:
            problem: what was asked.
            nodes: to be valued, together.
            known: the run's cache of values, by the text shown for a node; read and extended.
        """
        ...


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
