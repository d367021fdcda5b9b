"""A process that draws one page: a hostile file can end it, and not the server.

Its argument is JSON: file, page, start, end and box. It writes a line of JSON, then the picture.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from sandreckoner.core.errors import SandreckonerError

MEMORY_BYTES, CPU_S = 1024**3, 20


def main(argument: str) -> int:
    """Draw a page within limits."""
    _limit()
    from sandreckoner.tools.retrieval.page_pictures import page_picture

    asked = json.loads(argument)
    box = tuple(asked["box"]) if asked["box"] else None
    try:
        drawn = page_picture(
            Path(asked["file"]), asked["page"], start=asked["start"], end=asked["end"], box=box
        )
    except SandreckonerError as fault:
        sys.stdout.buffer.write(json.dumps({"error": str(fault)}).encode() + b"\n")
        return 1
    told = {"width": drawn.width, "height": drawn.height, "frame": asdict(drawn.frame), "text": drawn.text}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + drawn.png)
    return 0


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has none; the server's deadline holds there too
        return
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
