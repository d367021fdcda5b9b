"""Optional packages: extras that may be missing, and plugins that installed packages provide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from sandreckoner.core.errors import MissingExtra, UsageError

MODELS = "sandreckoner.models"
STRATEGIES = "sandreckoner.strategies"


@contextmanager
def needing(extra: str, purpose: str) -> Iterator[None]:
    """Turn a missing package imported inside this block into a `MissingExtra`.

    Args:
        extra: as in `pip install 'sandreckoner[extra]'`.
        purpose: what needs it; the message begins with it.

    Raises:
        MissingExtra: a package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as fault:
        if fault.name is None or fault.name.startswith("sandreckoner"):
            raise
        package = fault.name.partition(".")[0]
        raise MissingExtra(
            f"{purpose} needs {package}, which is not installed: pip install 'sandreckoner[{extra}]'"
        ) from None


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
