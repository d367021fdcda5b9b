"""PDF by pypdfium2: the text of each page, row by row, and where its words stand."""

from __future__ import annotations

import threading

from sandreckoner.tools.retrieval.tables.word_boxes import PageLayout, read_layout

# PDFium has global state; two threads in it at once crash the process.
_one_at_a_time = threading.Lock()


def pages(data: bytes) -> list[str]:
    """The text of each page.

    Raises:
        ValueError: see `layouts`.
    """
    return [layout.text for layout in layouts(data)]


def layouts(data: bytes) -> list[PageLayout]:
    """The text of each page with its words and rules.

    Raises:
        ValueError: a password is needed, the file is not a PDF, or it has scanned pages and no text.
    """
    import pypdfium2  # type: ignore[import-untyped]

    with _one_at_a_time:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as fault:
            if "password" in str(fault).lower():
                raise ValueError("needs a password: save it without one first") from None
            raise ValueError(f"is not a PDF that can be read ({fault})") from None
        try:
            read = [read_layout(document[number]) for number in range(len(document))]
        finally:
            document.close()
    if read and not any(layout.text.strip() for layout in read):
        raise ValueError("has no text layer (scanned pages): run it through text recognition first")
    return read
