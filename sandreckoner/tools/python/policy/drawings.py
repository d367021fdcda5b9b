"""Figures that a program draws with matplotlib: what it would save or show is kept, as PNG or SVG."""

from __future__ import annotations

import base64
import io
import posixpath
import sys
from collections.abc import Mapping
from typing import Any

_MOST_BYTES = 500_000
_FORMATS = ("png", "svg")
_drawn: list[dict[str, str]] = []


def drawings() -> list[dict[str, str]] | None:
    """What was drawn since the last call: name, format and data in Base64; None where nothing was."""
    found = list(_drawn)
    _drawn.clear()
    return found or None


def keep(figure: Any, name: str, form: str, options: Mapping[str, Any]) -> None:
    """Draw a figure and keep it.

    Raises:
        ValueError: it has another format.
        OSError: there is no room left.
    """
    if form not in _FORMATS:
        raise ValueError(f"figures are drawn as {' or '.join(_FORMATS)} in the sandbox, not as {form}")
    target = io.BytesIO()
    _real_save(figure, target, **{**options, "format": form})
    data = base64.b64encode(target.getvalue()).decode()
    if sum(len(drawn["data"]) for drawn in _drawn) + len(data) > _MOST_BYTES:
        raise OSError(f"all figures of a program may have {_MOST_BYTES} bytes; draw less, or smaller ones")
    _drawn.append({"name": name[:200], "format": form, "data": data})


_real_save: Any = None


def guard_drawings() -> None:
    """Let `savefig` keep what it would write to a file."""
    global _real_save  # the one method that draws
    figures = sys.modules.get("matplotlib.figure")
    if figures is None:
        return
    kind: Any = figures.Figure
    _real_save = kind.savefig

    def savefig(self: Any, fname: Any, **options: Any) -> None:
        if hasattr(fname, "write"):
            _real_save(self, fname, **options)
            return
        name = str(fname)
        suffix = posixpath.splitext(name)[1].removeprefix(".")
        keep(self, name, str(options.pop("format", None) or suffix or "png").lower(), options)

    kind.savefig = savefig


def show(*ignored: Any, **ignored_too: Any) -> None:
    """`pyplot.show`: every figure that is open is kept."""
    pyplot = sys.modules["matplotlib.pyplot"]
    for number in pyplot.get_fignums():
        keep(pyplot.figure(number), f"figure {number}", "png", {})


def use(backend: str, **options: Any) -> None:
    """`matplotlib.use`: there is one way to draw here."""
