"""The child's side of `reading_process`: reads files from its input until that ends."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import IO, Any

from sandreckoner.core.serialization import dumps, to_json
from sandreckoner.tools.retrieval.read_file import read_file

_MAX_TOLD = 50  # lines of one file


def main() -> None:
    """Read a head in JSON and as many bytes as it says, write what was read, and so on."""
    limits = json.loads(sys.argv[1])
    _limit_memory(int(limits["memory"]))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a parser prints is no reply
    for line in iter(sys.stdin.buffer.readline, b""):
        head = json.loads(line)
        _limit_seconds(int(limits["seconds"]))
        for part in _replies(out, str(head["source"]), sys.stdin.buffer.read(int(head["size"]))):
            _write(out, part)


def _replies(out: IO[bytes], source: str, data: bytes) -> list[dict[str, Any]]:
    told = 0

    def tell(line: str) -> None:
        nonlocal told
        told += bool(line)
        if told <= _MAX_TOLD:
            _write(out, {"told": line[:500]})

    try:
        pages, tables = read_file(source, data, tell)
    except MemoryError:
        return [{"fault": "needs too much memory: not read"}]
    except (ValueError, ImportError) as fault:
        return [{"fault": str(fault)}]
    return [{"pages": pages, "tables": to_json(tables)}]


def _write(out: IO[bytes], message: dict[str, Any]) -> None:
    out.write(dumps(message).encode() + b"\n")
    out.flush()


def _limit_memory(size: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # no such limits on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_seconds(seconds: int) -> None:
    """End this process after so much more work: its parent may have gone while a file has no end."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime) + seconds + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
