"""The examples of strategies run as they are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Prose and a program in one, so that it answers every prompt.
REPLY = "Half of 46 is 23 and 23 - 9 = 14.\n```python\nans = 46 / 2 - 9\n```\nThe answer is 14."


def run(name: str, *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "replies.txt"
    path.write_text("\n---\n".join([REPLY] * 100))
    return f"scripted:{path}"


def test_the_game_of_24_is_solved_over_live_states() -> None:
    said = run("game_of_24.py", "4 5 6 10")
    expression = said.splitlines()[0].partition(": ")[2]
    assert eval(expression) == 24
    assert sorted(map(int, re.findall(r"\d+", expression))) == [4, 5, 6, 10]
    assert "cells that set the numbers up: 1\n" in said


def test_a_form_and_a_search_of_ones_own(model: str) -> None:
    assert run("compose_your_own.py", model) == "14\n"
    assert len((ROOT / "examples" / "compose_your_own.py").read_text().splitlines()) < 40


def test_strategies_side_by_side(model: str) -> None:
    lines = run("strategies_side_by_side.py", "--model", model, "How many are left?").splitlines()
    assert lines[0] == "How many are left?"
    assert len(lines) == 9
    assert all(" 14 " in line for line in lines[1:]), lines
