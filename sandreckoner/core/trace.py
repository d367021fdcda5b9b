"""The steps of a run, for listeners while it runs and for readers afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeAlias

from sandreckoner.core.effects import Effect, Reply, Scope


@dataclass(frozen=True, slots=True)
class StepStarted:
    """An effect is about to be performed."""

    index: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class PromptRead:
    """The model has read so much of the prompt of step `index`; not stored in the trace.

    Attributes:
        index: of the step.
        share: from 0 to 1; only some models know it.
    """

    index: int
    share: float


@dataclass(frozen=True, slots=True)
class TextArrived:
    """A piece of the reply to step `index` while the model writes it; not stored in the trace.

    Attributes:
        index: of the step.
        text: the piece.
        thought: whether it belongs to the reasoning, which is not part of the reply's text.
    """

    index: int
    text: str
    thought: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A performed effect.

    Attributes:
        index: position in the run, from 0.
        effect: as the strategy yielded it, a live state replaced by its name.
        reply: None where it failed, and for a Note.
        error: the error thrown into the strategy instead of a reply, as `Type: message`.
        started_s: seconds after the start of the run.
        elapsed_s: seconds it took.
    """

    index: int
    effect: Effect
    reply: Reply
    error: str = ""
    started_s: float = 0.0
    elapsed_s: float = 0.0


Event: TypeAlias = StepStarted | PromptRead | TextArrived | Step
Listener: TypeAlias = Callable[[Event], None]

# Set while a model is asked: takes the share of the prompt that it has read, from a model that knows it.
ON_PROMPT: ContextVar[Callable[[float], None] | None] = ContextVar("ON_PROMPT", default=None)


@dataclass(slots=True)
class Branch:
    """A node of the tree of scopes."""

    name: str
    steps: list[Step] = field(default_factory=list)
    branches: dict[str, Branch] = field(default_factory=dict)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Branch]]:
        """Iterate over this branch and all below it with their depths, parents first."""
        yield depth, self
        for branch in self.branches.values():
            yield from branch.walk(depth + 1)


class Trace:
    """Collects the steps of one run. Thread-safe; listeners are called one at a time, in order."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = list(listeners)
        self._lock = threading.Lock()
        self.steps: list[Step] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every later event. An error that it raises ends the run."""
        self._listeners.append(listener)

    @property
    def wants_text(self) -> bool:
        """Whether any listener wants text as it is written; models then stream.

        A listener that only follows the steps has an attribute `wants_text` that is False.
        """
        return any(getattr(listener, "wants_text", True) for listener in self._listeners)

    def emit(self, event: Event) -> None:
        """Store a finished step, and pass any event to the listeners."""
        with self._lock:
            if isinstance(event, Step):
                self.steps.append(event)
            for listener in self._listeners:
                listener(event)

    def tree(self) -> Branch:
        """Arrange the steps as a tree, by their scopes."""
        root = Branch("")
        for step in self.steps:
            branch_of(root, step.effect.scope).steps.append(step)
        return root


def branch_of(root: Branch, scope: Scope) -> Branch:
    """Return the branch at `scope` below `root`, created if missing."""
    branch = root
    for name in scope:
        branch = branch.branches.setdefault(name, Branch(name))
    return branch
