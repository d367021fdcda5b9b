"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, parts: Iterable[str]) -> None:
    """Write a text to a file, part by part; what was there stays until all of it is on the disk.

    Raises:
        OSError: it cannot be written; then nothing has changed.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():  # a device, a pipe
        with path.open("w", encoding="utf-8", errors="replace") as file:
            file.writelines(parts)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", errors="replace") as file:
            file.writelines(parts)
        if path.exists():
            shutil.copymode(path, draft)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
