"""A real terminal for tests: tmux runs `reckon`, keys are sent to it and its screen is read."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

RECKON = str(Path(sys.executable).with_name("reckon"))
PATIENCE_S = 60.0


class Screen:
    """A terminal with `reckon` in it."""

    def __init__(self, socket: str) -> None:
        self._tmux = ["tmux", "-L", socket]

    def tmux(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=False).stdout

    def start(self, command: str, *, columns: int, rows: int) -> None:
        self.tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-s", "t", command
        )
        self.tmux("set-option", "-t", "t", "remain-on-exit", "on")

    def type(self, text: str, *, enter: bool = True) -> None:
        self.tmux("send-keys", "-t", "t", "-l", text)
        if enter:
            time.sleep(0.1)  # keys that come in one burst are taken for a paste
            self.tmux("send-keys", "-t", "t", "Enter")

    def keys(self, *names: str) -> None:
        self.tmux("send-keys", "-t", "t", *names)

    def paste(self, text: str) -> None:
        self.tmux("set-buffer", text)
        self.tmux("paste-buffer", "-p", "-t", "t")

    def text(self, *, colours: bool = False) -> str:
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []), "-t", "t", "-S", "-500")

    def resize(self, columns: int, rows: int) -> None:
        self.tmux("resize-window", "-t", "t", "-x", str(columns), "-y", str(rows))

    @property
    def pid(self) -> int:
        return int(self.tmux("list-panes", "-t", "t", "-F", "#{pane_pid}").split()[0])

    @property
    def ended(self) -> bool:
        return self.tmux("list-panes", "-t", "t", "-F", "#{pane_dead}").strip() != "0"

    def wait_for(self, *texts: str, times: int = 1) -> str:
        """The screen once each of the texts stands on it, `times` times."""
        deadline = time.monotonic() + PATIENCE_S
        shown = ""
        while time.monotonic() < deadline:
            shown = self.text()
            if all(shown.count(text) >= times for text in texts):
                return shown
            time.sleep(0.1)
        raise AssertionError(f"{texts} did not appear within {PATIENCE_S:g} s on:\n{shown}")

    def wait_for_growth(self, after: str, characters: int) -> None:
        """Until so many characters stand below `after`: what a model writes is not known beforehand."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.text().rpartition(after)[2].strip()) < characters:
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.1)

    def wait_for_end(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.ended:
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.1)


@contextmanager
def opened(
    *words: str, cwd: Path, columns: int = 100, rows: int = 40, env: dict[str, str] | None = None
) -> Iterator[Screen]:
    """A terminal in which `reckon` runs with these words."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed: the terminal cannot be driven here")
    screen = Screen(f"reckon-{uuid.uuid4().hex[:8]}")
    kept = {name: os.environ[name] for name in os.environ if name.startswith("XDG_")}
    # tmux's server hands on its own environment, but only some of it: what matters is said.
    settings = {**kept, "PATH": os.environ["PATH"], **(env or {})}
    command = shlex.join(
        ["env", "-u", "COLUMNS", "-u", "LINES", *(f"{k}={v}" for k, v in settings.items()), RECKON, *words]
    )
    screen.start(f"cd {shlex.quote(str(cwd))} && exec {command}", columns=columns, rows=rows)
    try:
        yield screen
    finally:
        screen.tmux("kill-server")
