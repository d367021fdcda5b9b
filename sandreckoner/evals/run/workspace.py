"""Where work is answered: a model, a sandbox and an index of its own, wherever it has travelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment, Model
from sandreckoner.core.errors import SandreckonerError


@contextmanager
def open_world(model: str | Model, budget: Budget, index: str = "") -> Iterator[Environment]:
    """Load the model, start a sandbox and open the index that is named; all end with the context.

    A model that is passed in stays open.
    """
    from sandreckoner.llms import load_model
    from sandreckoner.tools.python import Sandbox
    from sandreckoner.tools.retrieval import open_index
    from sandreckoner.tools.retrieval.host_tools import host_tools

    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        library = stack.enter_context(open_index(index)) if index else None
        loaded = load_model(model) if isinstance(model, str) else model
        if loaded is not model:
            stack.callback(getattr(loaded, "close", lambda: None))
        yield Environment(loaded, sandbox, library, host_tools(library), budget)


def why(fault: Exception) -> str:
    """A fault in one line, for a record."""
    said = str(fault) if isinstance(fault, SandreckonerError) else f"{type(fault).__name__}: {fault}"
    return said.split("\n")[0]
