from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandreckoner.tools.python import Limits, Sandbox, Walls

MISSING = Walls[os.environ.get("SANDRECKONER_TEST_WITHOUT", "none").upper()]
"""A wall that the tests do without: CI runs them once for each."""


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests that are content with the defaults."""
    with Sandbox(Limits(wall_s=10), without=MISSING, accept_uncontained=True) as one:
        yield one
