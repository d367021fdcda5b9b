"""A package's wheel, downloaded by pip without its dependencies; nothing of it is installed or run."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

_OPTIONS = (
    "--no-deps",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--no-input",
    "--quiet",
    "--disable-pip-version-check",
    "--retries=2",
)


class DownloadError(Exception):
    """A package that cannot be had, in one line."""


def download_wheel(requirement: str, folder: Path, *, sha256: str = "") -> Path:
    """The wheel of a package, in `folder`.

    Args:
        requirement: `name==version`.
        folder: made where it is missing; holds no other wheel.
        sha256: of the wheel, which pip then insists on; empty where the caller checks what is inside.

    Raises:
        DownloadError: pip is missing or cannot get the package.
        OSError: the disk is full.
    """
    folder.mkdir(exist_ok=True)  # the pip of a killed fetch may still be at work
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{sha256}\n" if sha256 else f"{requirement}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", *_OPTIONS, "--dest", str(folder), "-r", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    wheels = list(folder.glob("*.whl"))
    if done.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    if "No module named pip" in done.stderr:
        raise DownloadError("pip is not installed in this environment: python -m ensurepip")
    if "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, "No space left on device")
    raise DownloadError(f"pip cannot fetch {requirement}; is the network there? {_reason(done.stderr)}")


def _reason(errors: str) -> str:
    lines = errors.strip().splitlines() or ["pip gave no reason"]
    marked = [line for line in lines if line.startswith("ERROR:")]
    return (marked or lines[-1:])[0].removeprefix("ERROR:").strip()[:200]
