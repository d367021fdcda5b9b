"""For tests of applications: a scripted model, and the conformance suite that every model must pass."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.testing.model_conformance import ModelConformance
    from sandreckoner.testing.scripted_model import ScriptedModel

__all__ = ["ModelConformance", "ScriptedModel"]

_HOME = {"ModelConformance": "model_conformance", "ScriptedModel": "scripted_model"}


def __getattr__(name: str) -> Any:
    # The suite imports pytest; an application that only wants the scripted model does not need it.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
