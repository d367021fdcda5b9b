"""What a loader makes of a file, before it is cut into pieces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A file as text.

    Attributes:
        source: its name as the reader knows it; unique within a library.
        path: where it lies, absolute; `stdin` for what was piped in.
        title: its first heading, or its file name in words.
        pages: the text of each page, in order; one for formats without pages. What is stored, and what every
            passage is a slice of.
        sha256: of the file's bytes, in hexadecimal.
        modified_s: when the file was last changed, in seconds since 1970; 0 where that is unknown.
    """

    source: str
    path: str
    title: str
    pages: tuple[str, ...]
    sha256: str
    modified_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a page that is found as a whole: `page_text[start:end]`.

    Attributes:
        start: offset of the first character in the page's text.
        end: offset behind the last.
        heading: the headings above it, outermost first, joined by ` › `. A piece that goes on with a table
            ends here with the table's header row, so that its columns keep their names.
    """

    start: int
    end: int
    heading: str = ""
