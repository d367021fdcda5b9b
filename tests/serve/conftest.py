"""One server for the tests that change nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.serving import Served, reckon_serve


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("served")
    offers = ("--offer", "pal", "--offer", "careful=sc(pal, n=5)", "--offer", "twice=pal; calls=1")
    with reckon_serve(folder, *offers, "--any-strategy", "--journals", str(folder / "runs")) as server:
        yield server
