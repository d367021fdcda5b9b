"""Program-aided reasoning for LangChain: a model writes the computation, every number has a source.

from sandreckoner import chain

with chain("pal", model="local") as reckon:
    answer = reckon.invoke("What is 17 % of 2,340?")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.chains.runnable import chain
    from sandreckoner.core.answer import Answer
    from sandreckoner.core.budget import Budget
    from sandreckoner.core.problem import Problem
    from sandreckoner.llms import load_model
    from sandreckoner.tools.python import Sandbox
    from sandreckoner.tools.retrieval import open_library

__version__ = "0.1.0"
__all__ = ["Answer", "Budget", "Problem", "Sandbox", "chain", "load_model", "open_library"]

_HOME = {
    "Answer": "core.answer",
    "Budget": "core.budget",
    "Problem": "core.problem",
    "Sandbox": "tools.python",
    "chain": "chains.runnable",
    "load_model": "llms",
    "open_library": "tools.retrieval",
}


def __getattr__(name: str) -> Any:
    # Imported when first used: `import sandreckoner` alone costs nothing.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
