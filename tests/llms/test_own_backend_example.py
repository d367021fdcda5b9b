"""The example of a backend of one's own: it is short, it runs, and it passes the suite."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

from sandreckoner.testing.model_conformance import ModelConformance

EXAMPLE = Path(__file__).parents[2] / "examples" / "bring_your_own_model.py"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)


def test_a_backend_takes_fewer_than_thirty_lines() -> None:
    source = EXAMPLE.read_text(encoding="utf-8")
    (backend,) = (one for one in ast.parse(source).body if getattr(one, "name", "") == "Shuffled")
    lines = source.splitlines()[backend.lineno - 1 : backend.end_lineno]
    assert len(lines) < 30


def test_it_answers() -> None:
    done = run(str(EXAMPLE))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def suite() -> type[ModelConformance]:
    spec = importlib.util.spec_from_file_location(EXAMPLE.stem, EXAMPLE)
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    found = example.TestShuffled
    assert issubclass(found, ModelConformance)
    return found


class TestItPassesTheSuite(suite()):  # type: ignore[misc]  # collected here as it is from the example's file
    pass
