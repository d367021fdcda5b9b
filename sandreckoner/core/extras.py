"""What only some need is an extra: where its package is missing, one line says how to install it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sandreckoner.core.errors import MissingExtra


@contextmanager
def needing(extra: str, purpose: str) -> Iterator[None]:
    """Imports inside belong to an extra of this package.

    Args:
        extra: as in `pip install 'sandreckoner[extra]'`.
        purpose: what it is for, in words that begin the message.

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
