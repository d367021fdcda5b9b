"""Pictures of the pages that answers rest on, the figures framed."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Box

MAX_PICTURES = 24  # on one page of HTML


def pictures_of(answers: Iterable[Answer | None], library: object) -> list[dict[str, Any]]:
    """A picture for each span of a PDF that answers rest on; nothing for what cannot be drawn."""
    places = dict(place for answer in answers if answer for place in answer.places)
    pictures = []
    for span, box in list(places.items())[:MAX_PICTURES]:
        with suppress(LibraryError, UsageError):
            if (picture := picture_of(span, box, library)) is not None:
                pictures.append(picture)
    return pictures


def picture_of(span: Passage, box: Box | None, library: object) -> dict[str, Any] | None:
    """The page of a span with the span framed; None where it is on no page of a PDF that is still there.

    Raises:
        LibraryError: the file cannot be drawn.
        MissingExtra: pypdfium2 is not installed.
    """
    documents = getattr(library, "documents", ())
    path = next((Path(each.path) for each in documents if each.source == span.source and each.path), None)
    if path is None or path.suffix.lower() != ".pdf" or not path.is_file():
        return None
    from sandreckoner.tools.retrieval.page_pictures import page_picture

    drawn = page_picture(path, span.page, start=span.start, end=span.end, box=box)
    frame = {"figure": drawn.frame.figure, "row": drawn.frame.row, "column": drawn.frame.column}
    data = f"data:image/png;base64,{base64.b64encode(drawn.png).decode()}"
    size = {"width": drawn.width, "height": drawn.height}
    return {"span": span, "data": data, "png": drawn.png, "frame": frame, **size}
