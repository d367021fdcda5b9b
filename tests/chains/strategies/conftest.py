"""A sandbox, and a strategy performed in any driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.perform import Perform

from sandreckoner.tools.python import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def perform(sandbox: Sandbox) -> Perform:
    return Perform(sandbox)
