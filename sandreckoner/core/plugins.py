"""What installed packages bring, by entry-point groups: models and strategies."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from sandreckoner.core.errors import UsageError

MODELS = "sandreckoner.models"
STRATEGIES = "sandreckoner.strategies"


def plugins(group: str) -> dict[str, EntryPoint]:
    """The entries of a group, by name; none is loaded."""
    return {entry.name: entry for entry in entry_points(group=group)}


def load_plugin(entry: EntryPoint) -> Any:
    """What an entry stands for.

    Raises:
        UsageError: it cannot be loaded.
    """
    try:
        return entry.load()
    except Exception as fault:  # the code of a stranger: whatever it raises, the message names it
        raise UsageError(
            f"the package that brings {entry.name!r} cannot be loaded ({entry.value}): {fault}"
        ) from fault
