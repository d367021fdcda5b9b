"""Import packages of an extra; where one is missing, the error is the command that installs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sandreckoner.core.errors import MissingExtra


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
