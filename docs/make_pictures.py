"""Draw the pictures of this folder: real screens of the real command, over recorded runs of a real model.

    reckon ask "By what percentage did total revenue grow from 2023 to 2024?" --docs examples/data \
        --journal revenue.jsonl
    reckon ask "A shop sells pens at 3 dollars and pads at 5 dollars. What do 14 pens and 6 pads cost \
        together?" --strategy "tot(cells, k=2, depth=2, breadth=2, votes=1)" --journal shop.jsonl
    python docs/make_pictures.py revenue.jsonl [shop.jsonl]

`ask.svg` is what `reckon replay` shows on a terminal. For the others tmux runs the terminal, whose model
gives the recorded replies again (`--model replay:FILE`), types the keys below, and reads the screen. Without
the second journal `tree.svg` stays as it is.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
RECKON = [sys.executable, "-m", "sandreckoner.cli"]
WIDTH, HEIGHT = 100, 38
# Name of the picture, the keys that are typed, and what the screen shows when they have been handled.
PROGRAM = ("terminal", ("{question}", "/exact", "/vars"), "› /vars")
TREE = ("tree", ("{question}", "/tree", *("DOWN",) * 5), "q back")


def main(over_documents: str, searched: str = "") -> None:
    """Draw them from the journal of a question over documents and, where given, of a tree of thoughts."""
    question = header(over_documents)["problem"]["question"]
    draw("ask", f'$ reckon ask "{question}" --docs examples/data\n{replayed(over_documents)}')
    draw(PROGRAM[0], screen(over_documents, *PROGRAM[1:]))
    if searched:
        draw(TREE[0], screen(searched, *TREE[1:]))


def header(journal: str) -> dict[str, Any]:
    """The first line of a journal."""
    line: dict[str, Any] = json.loads(Path(journal).read_text(encoding="utf-8").split("\n")[0])
    return line


def replayed(journal: str) -> str:
    """What `reckon replay` shows on a terminal, in colour."""
    command = shlex.join([*RECKON, "replay", str(Path(journal).resolve())])
    with tmux_running(f"TERM=xterm-256color {command}; sleep 60") as tmux:
        _wait(tmux, "tokens ·", 1)
        return _run([*tmux, "capture-pane", "-e", "-p", "-t", "t"])


@contextmanager
def tmux_running(command: str) -> Iterator[list[str]]:
    """A terminal of the pictures' size in which a command runs; gives the words that tmux is called with."""
    tmux = ["tmux", "-L", f"pictures-{os.getpid()}"]
    size = ["-x", str(WIDTH), "-y", str(HEIGHT)]
    _run([*tmux, "-f", "/dev/null", "new-session", "-d", *size, "-s", "t", command])
    try:
        yield tmux
    finally:
        _run([*tmux, "kill-server"])


def screen(journal: str, keys: Sequence[str], sign: str) -> str:
    """The terminal's screen after these lines were typed into it, in colour."""
    with tempfile.TemporaryDirectory() as state:
        opened = ["env", "-u", "COLUMNS", "-u", "LINES", f"XDG_STATE_HOME={state}", *RECKON]
        run = header(journal)
        command = [*opened, "--session", "pictures", "--strategy", run["strategy"]]
        command += ["--model", f"replay:{Path(journal).resolve()}"]
        if run["documents"]:
            command += ["--docs", str(HERE.parent / "examples" / "data")]
        with tmux_running(shlex.join(command)) as tmux:
            for number, key in enumerate(keys, 1):
                if key == "DOWN":
                    _wait(tmux, sign, 1)
                    _run([*tmux, "send-keys", "-t", "t", "Down"])
                    continue
                _wait(tmux, "›", number)
                _run([*tmux, "send-keys", "-t", "t", "-l", key.format(question=run["problem"]["question"])])
                time.sleep(0.3)
                _run([*tmux, "send-keys", "-t", "t", "Enter"])
            _wait(tmux, sign.strip(), 1)
            time.sleep(2)
            return _run([*tmux, "capture-pane", "-e", "-p", "-t", "t"])


def _wait(tmux: list[str], sign: str, times: int) -> None:
    for _ in range(600):
        if _run([*tmux, "capture-pane", "-p", "-t", "t", "-S", "-"]).count(sign) >= times:
            return
        time.sleep(0.2)
    raise SystemExit(f"the screen never showed {sign!r}")


def _run(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def draw(name: str, screen: str) -> None:
    """Keep a screen as a picture."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text.from_ansi(screen.rstrip()))
    svg = console.export_svg(title="reckon")
    # A picture asks nobody for a font: the reader's own monospace does.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
