"""A package's file, downloaded by pip without its dependencies; nothing of it is installed."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

_OPTIONS = (
    "--no-deps",
    "--no-cache-dir",
    "--no-input",
    "--quiet",
    "--disable-pip-version-check",
    "--retries=2",
)


class DownloadError(Exception):
    """A package that cannot be had, in one line."""


def download_wheel(requirement: str, folder: Path, *, sha256: str = "") -> Path:
    """The wheel of a package, in `folder`; see `_download`."""
    return _download(requirement, folder, "--only-binary=:all:", "*.whl", sha256)


def download_source(requirement: str, folder: Path, *, sha256: str) -> Path:
    """The source package of a package, in `folder`; see `_download`. Pip asks its build for the metadata."""
    return _download(requirement, folder, f"--no-binary={requirement.split('==')[0]}", "*.tar.gz", sha256)


def _download(requirement: str, folder: Path, kind: str, pattern: str, sha256: str) -> Path:
    """One file that pip downloads.

    Args:
        requirement: `name==version`.
        folder: made where it is missing; holds no other file of the kind.
        kind: the option that says which files are wanted.
        pattern: of their names.
        sha256: of the file, which pip then insists on; empty where the caller checks what is inside.

    Raises:
        DownloadError: pip is missing or cannot get the package.
        OSError: the disk is full.
    """
    folder.mkdir(exist_ok=True)  # the pip of a killed fetch may still be at work
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{sha256}\n" if sha256 else f"{requirement}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", *_OPTIONS, kind, "--dest", str(folder)]
    command += ["-r", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = list(folder.glob(pattern))
    if done.returncode == 0 and len(found) == 1:
        return found[0]
    if "No module named pip" in done.stderr:
        raise DownloadError("pip is not installed in this environment: python -m ensurepip")
    if "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, "No space left on device")
    raise DownloadError(f"pip cannot fetch {requirement}; is the network there? {_reason(done.stderr)}")


def _reason(errors: str) -> str:
    lines = errors.strip().splitlines() or ["pip gave no reason"]
    marked = [line for line in lines if line.startswith("ERROR:")]
    return (marked or lines[-1:])[0].removeprefix("ERROR:").strip()[:200]
