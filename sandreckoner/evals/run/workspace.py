"""The environment of a worker: a model, a sandbox and an index, opened where the work runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment, Model
from sandreckoner.core.errors import SandreckonerError


@contextmanager
def open_environment(model: str | Model, budget: Budget, index: str = "") -> Iterator[Environment]:
    """Load a model, start a sandbox and open an index; all are closed with the context.

    Args:
        model: a specification, or a model, which stays open.
        budget: the limits of each run.
        index: name of the index; empty for none.
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


def error_line(fault: Exception) -> str:
    """An exception in one line, for the log."""
    said = str(fault) if isinstance(fault, SandreckonerError) else f"{type(fault).__name__}: {fault}"
    return said.split("\n")[0]
