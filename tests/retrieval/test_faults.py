"""Killed writers, two writers, a reader beside a writer, a full disk: some of the benchmark's trials."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FAULTS = Path(__file__).parents[2] / "benchmarks" / "retrieval" / "faults.py"


def test_nothing_acknowledged_is_lost_and_nothing_wrong_is_returned() -> None:
    done = subprocess.run(
        [sys.executable, str(FAULTS), "--kills", "2", "--files", "36"],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("then all 12") == 2
