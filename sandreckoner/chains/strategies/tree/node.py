"""A node of a tree of thoughts, and the parts that propose and value them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sandreckoner.core.answer import Candidate
from sandreckoner.core.combine import within
from sandreckoner.core.effects import Scope, Steps
from sandreckoner.core.execution import Execution, State
from sandreckoner.core.problem import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A thought, and the thoughts before it.

    Attributes:
        thought: this step alone, as it is shown to the model.
        parent: the step before; None for the root, which holds no thought.
        place: among its siblings, from 1.
        value: how promising it is, by the evaluator; larger is better.
        done: whether it ends in an answer and needs no further step.
        code: the cell of code that this thought is; empty where it is prose.
        execution: what came of the cell.
        state: the live interpreter after it, from which its children continue.
        error: why nothing can follow from it; empty where something can.
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

    @property
    def line(self) -> tuple[Node, ...]:
        """The nodes from the first thought to this one; the root is left out."""
        above = self.parent.line if self.parent else ()
        return (*above, self) if self.parent else ()

    @property
    def depth(self) -> int:
        """How many thoughts it holds; 0 for the root."""
        return len(self.line)

    @property
    def text(self) -> str:
        """All its thoughts, one after another."""
        return "".join(f"{node.thought}\n" for node in self.line)

    @property
    def scope(self) -> Scope:
        """Where it stands in the trace: `("1", "1.3", "1.3.2")`."""
        names = [".".join(str(node.place) for node in self.line[: end + 1]) for end in range(self.depth)]
        return tuple(names)


def at_node(node: Node, steps: Steps[T]) -> Steps[T]:
    """The same steps, marked as standing at a node."""
    for name in reversed(node.scope):
        steps = within(name, steps)
    return steps


class Thoughts(Protocol):
    """How a line of thoughts goes on, and how it becomes an answer."""

    @property
    def k(self) -> int:
        """The most children of a node."""
        ...

    def tree_calls(self, expansions: int) -> int:
        """The most completions that growing so many nodes and concluding may take."""
        ...

    def expand(self, problem: Problem, node: Node) -> Steps[tuple[Node, ...]]:
        """The next steps from a node, in the order in which they were proposed."""
        ...

    def conclude(self, problem: Problem, ends: Sequence[Node]) -> Steps[tuple[Candidate, ...]]:
        """Candidates from the ends of the search, at least one, given best first."""
        ...


class Evaluator(Protocol):
    """Says how promising nodes are."""

    def calls(self, nodes: int) -> int:
        """The most completions that valuing so many siblings may take."""
        ...

    def evaluate(
        self, problem: Problem, nodes: Sequence[Node], known: dict[str, float]
    ) -> Steps[tuple[float, ...]]:
        """A value for each node; larger is better.

        Args:
            problem: what was asked.
            nodes: to be valued, together.
            known: the run's cache of values, by what was asked about a node; read and added to.
        """
        ...
