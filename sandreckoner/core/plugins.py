"""Models and strategies that installed packages provide, by entry-point group."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from sandreckoner.core.errors import UsageError

MODELS = "sandreckoner.models"
STRATEGIES = "sandreckoner.strategies"


def plugins(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, without loading them."""
    return {entry.name: entry for entry in entry_points(group=group)}


def load_plugin(entry: EntryPoint) -> Any:
    """Load an entry point.

    Raises:
        UsageError: it cannot be loaded.
    """
    try:
        return entry.load()
    except Exception as fault:  # third-party code may raise anything; the message names it
        raise UsageError(
            f"the package that provides {entry.name!r} cannot be loaded ({entry.value}): {fault}"
        ) from fault
