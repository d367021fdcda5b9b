"""A whole session on a real screen with a real, small, embedded model."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import screen
from models import NAME
from screen import opened

from sandreckoner.cli.terminal.session_files import session_path

pytestmark = [pytest.mark.model, pytest.mark.timeout(1200)]


def test_open_add_ask_tree_undo_fork_interrupt_and_resume_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandreckoner.llms import pull

    pull(NAME)
    monkeypatch.setattr(screen, "PATIENCE_S", 280.0)  # a busy machine without a GPU
    (tmp_path / "report.md").write_text("Net sales were 512.3 million in 2024 and 480.1 million in 2023.\n")
    words = ["--session", "work", "--model", f"llamacpp:{NAME}", "--strategy", "pot"]
    with opened(*words, cwd=tmp_path) as terminal:
        terminal.wait_for("›")
        terminal.type("/run pens = 14")
        terminal.type("/docs add report.md")
        terminal.wait_for("1 document to draw on")
        terminal.type("What were net sales in 2024 and 2023 together, in millions?")
        terminal.wait_for("tokens · ", "pot · ")
        terminal.type("/tree")
        terminal.wait_for("q back", "What were net sales in 2024", "search “What were net sales")
        terminal.keys("q")
        terminal.type("/undo")
        terminal.wait_for("taken back: What were net sales")
        terminal.type("/fork other")
        terminal.wait_for("now in other, a copy of work")
        terminal.type("/docs remove report.md")
        terminal.type("/strategy cot")
        terminal.wait_for("strategy: cot")
        terminal.type("Count from 1 to 400, one number a line, and add them up.")
        terminal.wait_for("writing, ")
        terminal.wait_for_growth("add them up.", 60)  # the line of progress, then what it streams
        terminal.wait_for_growth("add them up.", 120)
        terminal.keys("C-c")
        terminal.wait_for("stopped")
        terminal.type("/run pens * 3")
        terminal.wait_for("\n42")
        turns = session_path("other").read_text().count('"journal":')
        terminal.type("Count from 1 to 400, one number a line.")
        while session_path("other").read_text().count('"journal":') == turns:
            time.sleep(0.1)  # the screen may still show the "writing, " of the question before
        terminal.wait_for("writing, ")
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.wait_for_end()
    with opened("-c", "--model", f"llamacpp:{NAME}", cwd=tmp_path) as terminal:
        terminal.wait_for("session other", "4 turns before")
        terminal.type("/run pens * 2")
        terminal.wait_for("\n28")
        terminal.type("/load work")
        terminal.wait_for("work: 1 turn")
        terminal.keys("C-d")
        terminal.wait_for_end()
