"""The sandbox: Python programs, written by a model and read by nobody, in processes that can only compute."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.tools.python.plan import Limits
    from sandreckoner.tools.python.probe import WallReport, probe
    from sandreckoner.tools.python.sandbox import NotContained, Sandbox
    from sandreckoner.tools.python.walls import Walls

__all__ = ["Limits", "NotContained", "Sandbox", "WallReport", "Walls", "probe"]

_HOME = {
    "Limits": "plan",
    "NotContained": "sandbox",
    "Sandbox": "sandbox",
    "WallReport": "probe",
    "Walls": "walls",
    "probe": "probe",
}


def __getattr__(name: str) -> Any:
    # Imported when first used: a zygote, which needs nothing of the host's side, starts in half the time, and
    # each of its forks copies half as much.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found  # over the module `probe`, which the import has just put there
    return found
