"""Draw `docs/ask.svg` from a recorded run: the real output of the real command.

reckon ask "…" --docs examples/data --journal run.jsonl
python docs/make_pictures.py run.jsonl
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 100


def main(journal: str) -> None:
    """Replay a journal in colour and keep the screen as a picture."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    shown = subprocess.run(
        [sys.executable, "-m", "sandreckoner.cli", "replay", journal],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        check=True,
    ).stdout
    question = json.loads(Path(journal).read_text(encoding="utf-8").split("\n")[0])["problem"]["question"]
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text(f'$ reckon ask "{question}" --docs examples/data', style="bold"))
    console.print(Text.from_ansi(shown.rstrip()))
    svg = console.export_svg(title="reckon ask")
    # A picture asks nobody for a font: the reader's own monospace does.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    Path(__file__).with_name("ask.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
