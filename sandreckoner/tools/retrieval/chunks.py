"""The pieces of a document on their way into a store, each with the title that is shown with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sandreckoner.tools.retrieval.document import Document, Piece
from sandreckoner.tools.retrieval.load_documents import name_in_words
from sandreckoner.tools.retrieval.split import split


@dataclass(frozen=True, slots=True)
class Row:
    """A piece as it is stored.

    Attributes:
        page: 1-based.
        piece: where it stands on that page.
        title: shown with it: the document's title and the headings above it.
        body: what is searched and embedded; see `body_of`.
        key: names the body's content, so that the same body is embedded once.
    """

    page: int
    piece: Piece
    title: str
    body: str
    key: str


def rows_of(document: Document) -> Iterator[Row]:
    """All pieces of a document, in order."""
    for number, text in enumerate(document.pages, 1):
        for piece in split(text):
            outside = "" if piece.heading.startswith(document.title) else document.title
            title = " › ".join(part for part in (outside, piece.heading) if part)
            body = body_of(document.source, title, text[piece.start : piece.end])
            yield Row(number, piece, title, body, key_of(body))


def body_of(source: str, title: str, text: str) -> str:
    """The text of a piece below its document's name and its title: a table of figures says little alone."""
    name = name_in_words(source)
    header = name if name == title else f"{name}\n{title}"
    return f"{header}\n{text}"


def key_of(body: str) -> str:
    """A name for the content of `body`."""
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
