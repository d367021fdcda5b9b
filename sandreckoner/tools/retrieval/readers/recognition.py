"""Text recognition of a scanned page by the program `tesseract`, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

MAX_PAGES = 300  # of one file
_DPI = 250
_DEADLINE_S = 60
_MAX_PIXELS = 40_000_000


def can_recognise() -> bool:
    """Whether the program is there."""
    return shutil.which("tesseract") is not None


def recognised(page: Any) -> str:
    """The text of a page of pypdfium2; empty if nothing was recognised before the deadline."""
    program = shutil.which("tesseract")
    if program is None:
        return ""
    width, height = page.get_size()
    scale = min(_DPI / 72, (_MAX_PIXELS / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    wide, high, stride = bitmap.width, bitmap.height, bitmap.stride
    pixels = bytes(bitmap.buffer)
    rows = b"".join(pixels[row * stride : row * stride + wide] for row in range(high))
    try:
        done = subprocess.run(  # noqa: S603  # the program by its full path, the picture as data
            [program, "stdin", "stdout", "--psm", "6"],
            input=b"P5 %d %d 255\n" % (wide, high) + rows,
            capture_output=True,
            timeout=_DEADLINE_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout.decode("utf-8", "replace").replace("\f", "").strip() if done.returncode == 0 else ""
