"""A process that reads uploaded documents into an index: a hostile file can end it, and not the server.

`python -m sandreckoner.serve.index_worker INDEX FILES` prints a line of JSON for each step, the report last.
"""

from __future__ import annotations

import dataclasses
import json
import sys

from sandreckoner.core.errors import SandreckonerError


def main(index: str, files: str) -> int:
    """Bring an index up to date with a folder of files, within limits."""
    limit_process(memory_bytes=4 * 1024**3, cpu_s=900)
    from sandreckoner.tools.retrieval.index_registry import open_index

    try:
        with open_index(index, make=True) as opened:
            report = opened.add([files], progress=_tell)
    except SandreckonerError as fault:
        print(json.dumps({"error": str(fault)}), flush=True)
        return 1
    print(json.dumps({"report": dataclasses.asdict(report)}), flush=True)
    return 0


def _tell(name: str, done: int, total: int) -> None:
    print(json.dumps({"name": name, "done": done, "total": total}), flush=True)


def limit_process(*, memory_bytes: int, cpu_s: int) -> None:
    """Limit this process, for good."""
    try:
        import resource
    except ImportError:  # Windows has none; the server's deadline holds there too
        return
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
