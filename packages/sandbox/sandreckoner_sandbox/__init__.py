"""Runs Python programs that nobody has read, in processes that can only compute."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner_sandbox.core.errors import MissingWall, SandboxError, UsageError
    from sandreckoner_sandbox.core.execution import Execution, ProgramError
    from sandreckoner_sandbox.tools.python.plan import Limits
    from sandreckoner_sandbox.tools.python.probe import probe
    from sandreckoner_sandbox.tools.python.sandbox import NotContained, Sandbox
    from sandreckoner_sandbox.tools.python.walls import Walls

__version__ = "0.1.0"

_HOME = {
    "Execution": "core.execution",
    "ProgramError": "core.execution",
    "MissingWall": "core.errors",
    "SandboxError": "core.errors",
    "UsageError": "core.errors",
    "Limits": "tools.python.plan",
    "NotContained": "tools.python.sandbox",
    "Sandbox": "tools.python.sandbox",
    "Walls": "tools.python.walls",
    "probe": "tools.python.probe",
}
__all__ = [
    "Execution",
    "Limits",
    "MissingWall",
    "NotContained",
    "ProgramError",
    "Sandbox",
    "SandboxError",
    "UsageError",
    "Walls",
    "probe",
]


def __getattr__(name: str) -> Any:
    # Imported when first used: the processes that run programs need none of it.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found
