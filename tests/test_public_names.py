"""The names that users import."""

from __future__ import annotations

import sandreckoner
from sandreckoner.core import errors


def test_the_public_names_are_these_and_no_others() -> None:
    assert sandreckoner.__all__ == [
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
    assert set(sandreckoner.__all__) <= set(dir(sandreckoner))
    for name in sandreckoner.__all__:
        assert getattr(sandreckoner, name).__module__.startswith("sandreckoner.")


def test_every_error_is_public() -> None:
    raised = {
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert raised <= set(sandreckoner.__all__)
