"""Files with the state of a model after a fixed beginning of a prompt, written by the runtime, sealed by us.

A runtime that is given a damaged state may end the process. So each file ends with a seal of ours: what it is
the state of, and the checksum of all bytes before. A file whose seal is not right is deleted, never opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

MOST_BYTES = 512 << 20  # of all files together; the oldest go first
_MAGIC = b"reckonkv"
_SUM_BYTES = 32
_SEAL_BYTES = len(_MAGIC) + 2 * _SUM_BYTES
_BLOCK = 1 << 20
_SEEN = ".seen"
_MOST_SEEN = 500


class PrefixFiles:
    """The files in one folder, each under a key that names all that the state depends on."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        """Use `folder`, which is made where it is missing, for its owner alone.

        Raises:
            OSError: it cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._most_bytes = most_bytes

    def find(self, key: str) -> str:
        """The name of the file with the state of `key`; empty where there is none that is whole."""
        path = self._path(key)
        try:
            if _is_sealed(path, key):
                os.utime(path)  # the oldest go first
                return path.name
            path.unlink()
        except OSError:
            pass
        return ""

    def was_seen(self, key: str) -> bool:
        """Whether this was asked before, in any process: what comes but once is not worth a file, and a
        conversation never does twice. From now on it was.
        """
        mark = self._path(key).with_suffix(_SEEN)
        try:
            was = mark.exists()
            mark.touch()
            if not was:
                self._make_room(mark)
        except OSError:
            return False
        return was

    def unsealed_name(self, key: str) -> str:
        """The name under which the runtime writes a new state, before `seal` takes it in."""
        return f"{self._path(key).name}.{os.getpid()}.part"

    def seal(self, key: str) -> None:
        """Take in what the runtime wrote; where that fails, nothing is left."""
        part = self.folder / self.unsealed_name(key)
        try:
            seal = _MAGIC + _sum_of(key) + _checksum(part, part.stat().st_size)
            with part.open("ab") as file:
                file.write(seal)
            part.replace(self._path(key))
            self._make_room(self._path(key))
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{_sum_of(key).hex()[:32]}.kv"

    def _make_room(self, new: Path) -> None:
        """Delete the oldest files, and what killed processes left, until the rest is small enough."""
        found = []
        for path in self.folder.iterdir():
            with contextlib.suppress(OSError):  # another process deletes too
                about = path.stat()
                found.append((path != new, -about.st_mtime, about.st_size, path))
        total = seen = 0
        for _, _, size, path in sorted(found):
            total += size
            seen += path.suffix == _SEEN
            if path != new and (total > self._most_bytes if path.suffix != _SEEN else seen > _MOST_SEEN):
                with contextlib.suppress(OSError):
                    path.unlink()


def _sum_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _is_sealed(path: Path, key: str) -> bool:
    size = path.stat().st_size - _SEAL_BYTES
    if size <= 0:
        return False
    with path.open("rb") as file:
        file.seek(size)
        seal = file.read()
    return seal == _MAGIC + _sum_of(key) + _checksum(path, size)


def _checksum(path: Path, size: int) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size and (block := file.read(min(size, _BLOCK))):
            digest.update(block)
            size -= len(block)
    return digest.digest()
