r"""Program-aided reasoning for LangChain: a model writes the computation, every number has a source.

>>> from sandreckoner import chain
>>> from sandreckoner.testing import ScriptedModel
>>> model = ScriptedModel(["```python\nanswer = 0.17 * 2340\n```"])  # or "local", or a chat model
>>> with chain("pal", model=model) as reckon:
...     answer = reckon.invoke("What is 17 % of 2,340?")
>>> answer.text, [(source.text, source.origin) for source in answer.sources]
('397.8', [('0.17', 'question'), ('2340', 'question')])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.agents import ToolAgent, open_code_agent, open_react_agent
    from sandreckoner.chains import chain
    from sandreckoner.core.answer import Answer, Candidate, Citation, NumberSource
    from sandreckoner.core.budget import Budget, Usage
    from sandreckoner.core.errors import (
        BudgetSpent,
        ContextOverflow,
        JournalError,
        LibraryError,
        MissingExtra,
        MissingWall,
        ModelError,
        ModelTimeout,
        ModelUnavailable,
        ReplayDiverged,
        SandboxError,
        SandreckonerError,
        SchemaMismatch,
        UnknownName,
        UsageError,
    )
    from sandreckoner.core.execution import Execution
    from sandreckoner.core.journal import read_journal
    from sandreckoner.core.problem import Passage, Problem
    from sandreckoner.evals import evaluate
    from sandreckoner.llms import load_model
    from sandreckoner.settings import Settings, load_settings
    from sandreckoner.tools.python import Sandbox
    from sandreckoner.tools.retrieval import open_library
    from sandreckoner.workspace import Workspace

__version__ = "0.1.0"

# What one types first, what one gets back, and what can go wrong.
_HOMES = {
    "agents": ["ToolAgent", "open_code_agent", "open_react_agent"],
    "chains": ["chain"],
    "core.answer": ["Answer", "Candidate", "Citation", "NumberSource"],
    "core.budget": ["Budget", "Usage"],
    "core.errors": [
        "BudgetSpent",
        "ContextOverflow",
        "JournalError",
        "LibraryError",
        "MissingExtra",
        "MissingWall",
        "ModelError",
        "ModelTimeout",
        "ModelUnavailable",
        "ReplayDiverged",
        "SandboxError",
        "SandreckonerError",
        "SchemaMismatch",
        "UnknownName",
        "UsageError",
    ],
    "core.execution": ["Execution"],
    "core.journal": ["read_journal"],
    "core.problem": ["Passage", "Problem"],
    "evals": ["evaluate"],
    "llms": ["load_model"],
    "settings": ["Settings", "load_settings"],
    "tools.python": ["Sandbox"],
    "tools.retrieval": ["open_library"],
    "workspace": ["Workspace"],
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
__all__ = [
    "Answer",
    "Budget",
    "BudgetSpent",
    "Candidate",
    "Citation",
    "ContextOverflow",
    "Execution",
    "JournalError",
    "LibraryError",
    "MissingExtra",
    "MissingWall",
    "ModelError",
    "ModelTimeout",
    "ModelUnavailable",
    "NumberSource",
    "Passage",
    "Problem",
    "ReplayDiverged",
    "Sandbox",
    "SandboxError",
    "SandreckonerError",
    "SchemaMismatch",
    "Settings",
    "ToolAgent",
    "UnknownName",
    "Usage",
    "UsageError",
    "Workspace",
    "chain",
    "evaluate",
    "load_model",
    "load_settings",
    "open_code_agent",
    "open_library",
    "open_react_agent",
    "read_journal",
]


def __getattr__(name: str) -> Any:
    # Imported when first used: `import sandreckoner` alone costs nothing.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
