"""What a run did, step by step, for those who watch it live and those who read it afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from sandreckoner.core.effects import Effect, Reply, Scope


@dataclass(frozen=True, slots=True)
class StepStarted:
    """An effect is about to be performed."""

    index: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class TextArrived:
    """A piece of the reply to step `index`, while the model writes it. Never part of the stored trace.

    Attributes:
        index: of the step.
        text: the piece.
        thought: whether it is of the reasoning, which is no part of the reply's text.
    """

    index: int
    text: str
    thought: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """An effect that was performed.

    Attributes:
        index: position in the run, from 0.
        effect: what the strategy wanted, its state named instead of live.
        reply: what it got; None where it failed, and for a Note.
        error: the error that was thrown into the strategy instead of a reply, as `Type: message`.
        started_s: seconds after the start of the run.
        elapsed_s: seconds it took.
    """

    index: int
    effect: Effect
    reply: Reply
    error: str = ""
    started_s: float = 0.0
    elapsed_s: float = 0.0


Event: TypeAlias = StepStarted | TextArrived | Step
Listener: TypeAlias = Callable[[Event], None]


@dataclass(slots=True)
class Branch:
    """A node of the tree that the steps' scopes make."""

    name: str
    steps: list[Step] = field(default_factory=list)
    branches: dict[str, Branch] = field(default_factory=dict)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Branch]]:
        """This branch and all below it, with their depths, parents first."""
        yield depth, self
        for branch in self.branches.values():
            yield from branch.walk(depth + 1)


class Trace:
    """The steps of one run. Thread-safe; listeners are called one at a time, in order."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = list(listeners)
        self._lock = threading.Lock()
        self.steps: list[Step] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every event from now on. An error that it raises ends the run."""
        self._listeners.append(listener)

    @property
    def heard(self) -> bool:
        """Whether anybody listens to text (then models are asked to stream).

        A listener that only follows the steps says so in an attribute `wants_text`, which is False.
        """
        return any(getattr(listener, "wants_text", True) for listener in self._listeners)

    def emit(self, event: Event) -> None:
        """Keep a finished step; tell the listeners of anything."""
        with self._lock:
            if isinstance(event, Step):
                self.steps.append(event)
            for listener in self._listeners:
                listener(event)

    def tree(self) -> Branch:
        """The steps as a tree, by their scopes."""
        root = Branch("")
        for step in self.steps:
            branch_of(root, step.effect.scope).steps.append(step)
        return root


def branch_of(root: Branch, scope: Scope) -> Branch:
    """The branch at `scope` below `root`, made where it is missing."""
    branch = root
    for name in scope:
        branch = branch.branches.setdefault(name, Branch(name))
    return branch
