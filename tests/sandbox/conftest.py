from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandreckoner.tools.python import Limits, Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests that are content with the defaults."""
    with Sandbox(Limits(wall_s=10)) as one:
        yield one
