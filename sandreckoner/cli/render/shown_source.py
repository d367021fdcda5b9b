"""Show the page that a number stands on: in the terminal where it draws pictures, else in the browser."""

from __future__ import annotations

import base64
import os
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from sandreckoner.cli.render.blocks import describe_source, place_numbers
from sandreckoner.cli.render.pages.place_pictures import picture_of
from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import UsageError

_PIECE = 4096  # characters of one escape sequence of kitty's protocol


def show_source(answer: Answer | None, number: int, docs: Sequence[str]) -> None:
    """Print where the numbers of a place stand, and show its page.

    Args:
        answer: whose place it is.
        number: of the place, as `[2]` is shown.
        docs: the documents that were asked about.

    Raises:
        UsageError: there is no such place.
        LibraryError: the documents cannot be read.
    """
    numbers = place_numbers(answer) if answer else ()
    if answer is None or number not in numbers:
        known = ", ".join(str(each) for each in sorted({each for each in numbers if each is not None}))
        raise UsageError(f"--source {number}: there are {known or 'none'}")
    found = [source for source, each in zip(answer.sources, numbers, strict=True) if each == number]
    for source in found:
        print(f"[{number}] {source.text} ← {describe_source(source)}")
    if not docs:
        print("reckon: --docs PATH shows the page itself", file=sys.stderr)
        return
    from sandreckoner.tools.retrieval.index_registry import cached_library

    library = cached_library(docs)
    try:
        drawn = picture_of(found[0].passages[0], found[0].box, library)
    finally:
        library.close()
    if drawn is not None:
        _show(_framed(drawn))


def _framed(drawn: dict[str, Any]) -> bytes:
    """The picture with its frame drawn into it, as PNG."""
    from PIL import Image, ImageDraw

    picture = Image.open(BytesIO(drawn["png"])).convert("RGB")
    pen = ImageDraw.Draw(picture, "RGBA")
    looks = {
        "row": ((255, 213, 0, 56), None),
        "column": ((255, 213, 0, 56), None),
        "figure": (None, "#c1121f"),
    }
    for kind, (fill, line) in looks.items():
        if box := drawn["frame"][kind]:
            x0, y0, x1, y1 = box
            corners = (x0 * drawn["width"], y0 * drawn["height"], x1 * drawn["width"], y1 * drawn["height"])
            pen.rectangle(corners, fill=fill, outline=line, width=3)
    written = BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def _show(png: bytes) -> None:
    if sys.stdout.isatty() and _draws_pictures():
        _send(png)
        return
    with tempfile.NamedTemporaryFile(suffix=".png", prefix="reckon-", delete=False) as file:
        file.write(png)
    print(file.name)
    if sys.stdout.isatty():
        webbrowser.open(Path(file.name).as_uri())


def _draws_pictures() -> bool:
    """Whether the terminal knows kitty's protocol of graphics."""
    program = os.environ.get("TERM_PROGRAM", "").lower()
    return "kitty" in os.environ.get("TERM", "") or program in ("wezterm", "ghostty")


def _send(png: bytes) -> None:
    data = base64.b64encode(png).decode()
    pieces = [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)]
    for at, piece in enumerate(pieces):
        first = "a=T,f=100," if at == 0 else ""
        sys.stdout.write(f"\x1b_G{first}m={int(at + 1 < len(pieces))};{piece}\x1b\\")
    sys.stdout.write("\n")
    sys.stdout.flush()
