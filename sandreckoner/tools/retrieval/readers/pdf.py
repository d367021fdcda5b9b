"""PDF by pypdfium2: the text of each page, row by row."""

from __future__ import annotations

import threading

# PDFium has global state; two threads in it at once crash the process.
_one_at_a_time = threading.Lock()


def pages(data: bytes) -> list[str]:
    """The text of each page.

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
            texts = [_text(document[number]) for number in range(len(document))]
        finally:
            document.close()
    if texts and not any(text.strip() for text in texts):
        raise ValueError("has no text layer (scanned pages): run it through text recognition first")
    return texts


def _text(page: object) -> str:
    textpage = page.get_textpage()  # type: ignore[attr-defined]
    try:
        text: str = textpage.get_text_bounded()
    finally:
        textpage.close()
    # PDFium marks a hyphen at the end of a line with U+FFFE.
    return text.replace("\ufffe", "-")
