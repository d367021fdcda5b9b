"""A node of a tree of thoughts, and the protocols for proposing and evaluating thoughts."""

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
