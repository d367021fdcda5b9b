"""A process that draws one page: a hostile file can end it, and not the server.

Its argument is JSON: file, page, start, end and box. It writes a line of JSON, then the picture.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from sandreckoner.core.errors import SandreckonerError
from sandreckoner.serve.index_worker import limit_process


def main(argument: str) -> int:
    """Draw a page within limits."""
    limit_process(memory_bytes=1024**3, cpu_s=20)
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
