"""The examples in which each framework's agent uses the sandbox, run as programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "integrations"
NEEDS = {
    "langchain_agent": "langchain",
    "deep_agent": "deepagents",
    "smol_agent": "smolagents",
    "dspy_program": "dspy",
    "pydantic_agent": "pydantic_ai",
}


def test_each_example_is_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(NEEDS)


@pytest.mark.parametrize("name", NEEDS)
def test_the_host_is_out_of_reach_and_the_answer_is_computed(name: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS[name])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLES / f"{name}.py")],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr
    assert "there are no files in the sandbox" in done.stdout
    assert "55.0" in done.stdout.splitlines()[-1]
