"""A loaded document and its chunks, ready to be stored and embedded."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandreckoner.core.execution import JSON
from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.split import Chunk, split


@dataclass(frozen=True, slots=True)
class Document:
    """A file as text.

    Attributes:
        source: the name that is shown; unique within a library.
        path: absolute path of the file; `stdin` for piped input.
        title: the first heading, or the file name in words; empty for a text whose name says nothing.
        pages: the text of each page, in order; one page for formats without pages. Passages are slices of it.
        sha256: of the file's bytes, in hexadecimal.
        modified_s: modification time of the file in seconds since 1970; 0 if unknown.
        tables: its tables, in order.
        notes: a line for each thing in the file that was not read.
        metadata: kept with it for whoever added it; None for a file.
    """

    source: str
    path: str
    title: str
    pages: tuple[str, ...]
    sha256: str
    modified_s: float = 0.0
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, JSON] | None = None


@dataclass(frozen=True, slots=True)
class ChunkRecord:
    """A chunk with everything that is stored of it.

    Attributes:
        page: page number, from 1.
        chunk: its offsets on that page.
        title: the document's title and the headings above the chunk; shown with it.
        text: what is searched and embedded; see `indexed_text`.
        key: hash of `text`: equal texts share one vector.
    """

    page: int
    chunk: Chunk
    title: str
    text: str
    key: str


def chunk_records(document: Document) -> Iterator[ChunkRecord]:
    """All chunks of a document, in order."""
    for number, page in enumerate(document.pages, 1):
        for chunk in split(page):
            above = "" if chunk.heading.startswith(document.title) else document.title
            title = " › ".join(part for part in (above, chunk.heading) if part)
            text = indexed_text(document.source, title, page[chunk.start : chunk.end])
            yield ChunkRecord(number, chunk, title, text, content_key(text))


def indexed_text(source: str, title: str, text: str) -> str:
    """A chunk's text below its document's name and title, because a table of figures says little alone.

    Without a title it stays alone: the name of a text that is no file says nothing.
    """
    if not title:
        return text
    name = name_in_words(source)
    header = name if name == title else f"{name}\n{title}"
    return f"{header}\n{text}"


def content_key(text: str) -> str:
    """A hash of a text, 32 hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def name_in_words(source: str) -> str:
    """A file's name as words, without its folder and suffix.

    >>> name_in_words("reports/CORVANE_2024-annual.pdf")
    'CORVANE 2024 annual'
    """
    return re.sub(r"[\W_]+", " ", Path(source).stem).strip() or source
