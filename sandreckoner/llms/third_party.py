"""Models that installed packages bring, by the entry-point group `sandreckoner.models`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from sandreckoner.core.errors import UsageError

GROUP = "sandreckoner.models"


def third_parties() -> dict[str, EntryPoint]:
    """The providers that installed packages bring.

    An entry is named as the provider and loads to a function of the model's name and the options, which
    returns a chat model of LangChain or a `Model`. A name of ours cannot be taken.
    """
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def builder_of(entry: EntryPoint) -> Any:
    """The function that an entry loads to.

    Raises:
        UsageError: it cannot be loaded.
    """
    try:
        return entry.load()
    except Exception as fault:  # the code of a stranger: whatever it raises, the message names it
        raise UsageError(
            f"the package that brings {entry.name!r} cannot be loaded ({entry.value}): {fault}"
        ) from fault
