"""The capability walk: nothing that leads out is within reach of a program."""

from __future__ import annotations

import fractions
import subprocess
import sys
import types
from pathlib import Path

import pytest

from .walk import leads_out, walk

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("tier", ["standard", "science"])
def test_nothing_within_reach_leads_out(tier: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.walk", tier], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[0]) > 10_000


def test_the_walk_sees_what_leads_out() -> None:
    class Careless:
        files = open
        inner = types.SimpleNamespace(code=(lambda: 0).__code__)

    _, found = walk({"careless": Careless(), "__builtins__": {}})
    assert found == ["careless.files", "careless.inner.code"]
    assert leads_out(fractions)
    assert leads_out(type)
