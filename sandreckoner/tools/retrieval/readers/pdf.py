"""PDF by pypdfium2: the text of each page, where its words stand, the values of its form and its remarks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.pdf_columns import in_reading_order
from sandreckoner.tools.retrieval.readers.pdf_remarks import remarks
from sandreckoner.tools.retrieval.readers.recognition import MAX_PAGES, can_recognise, recognised
from sandreckoner.tools.retrieval.tables.word_boxes import PageLayout, read_layout

_MAX_PAGES = 20_000
_MAX_BROKEN = 200  # pages that cannot be read, one after the other; then the rest is given up
_SCANNED_TEXT = 300  # characters: a stamp or a page number on a scanned page, but no page of text
_SCANNED_AREA = 0.5  # of the page, under pictures

# PDFium has global state; two threads in it at once crash the process.
ONE_AT_A_TIME = threading.Lock()


def pages(data: bytes, tell: Tell = ignored) -> list[str]:
    """The text of each page.

    Raises:
        ValueError: see `layouts`.
    """
    return [layout.text for layout in layouts(data, tell)]


def layouts(data: bytes, tell: Tell = ignored) -> list[PageLayout]:
    """The text of each page with its words and rules.

    Pages that are scanned go through tesseract where it is installed, and are told where it is not.

    Raises:
        ValueError: a password is needed, the file is not a PDF, or nothing on its pages can be read.
    """
    import pypdfium2  # type: ignore[import-untyped]

    with ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as fault:
            if "password" in str(fault).lower():
                raise ValueError("needs a password: save it without one first") from None
            raise ValueError(f"is not a PDF that can be read ({fault})") from None
        try:
            if document.get_formtype():
                document.init_forms()
            return _Reading(tell).read(document)
        finally:
            document.close()


class _Reading:
    """One reading of a document; keeps the numbers of the pages that are to be told."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._scanned: list[int] = []
        self._recognised: list[int] = []
        self._broken: list[int] = []

    def read(self, document: Any) -> list[PageLayout]:
        """The pages, and what is told of them."""
        count = len(document)
        found: list[PageLayout] = []
        for number in range(1, min(count, _MAX_PAGES) + 1):
            found.append(self._page(document, number))
            if self._broken[-_MAX_BROKEN:] == list(range(number - _MAX_BROKEN + 1, number + 1)):
                break
        if not any(layout.text.strip() for layout in found):
            if self._scanned:
                raise ValueError(
                    "has no text layer (scanned pages): install tesseract, or run it through text recognition"
                )
            raise ValueError("has pages, and none of them can be read" if self._broken else "holds no text")
        self._say(document, len(found))
        return found

    def _page(self, document: Any, number: int) -> PageLayout:
        import pypdfium2

        try:
            page = document[number - 1]
            layout = in_reading_order(read_layout(page))
            said = remarks(page, document.formenv)
            if _is_scanned(page, layout.text):
                said = [*self._recognise(page, number), *said]
            page.close()
        except pypdfium2.PdfiumError:
            self._broken.append(number)
            return PageLayout("")
        return replace(layout, text="\n\n".join([layout.text, *said]).strip("\n")) if said else layout

    def _recognise(self, page: Any, number: int) -> list[str]:
        if can_recognise() and len(self._recognised) < MAX_PAGES and (text := recognised(page)):
            self._recognised.append(number)
            self._tell("")  # a sign of life: recognition is slow
            return [text]
        self._scanned.append(number)
        return []

    def _say(self, document: Any, read: int) -> None:
        count = len(document)
        if self._recognised:
            self._tell(
                f"{_pages(self._recognised)}: scanned, recognised with tesseract; figures may be misread"
            )
        if self._scanned:
            more = "" if can_recognise() else ": install tesseract to read it"
            self._tell(f"{_pages(self._scanned)}: scanned or drawn, without text{more}")
        if self._broken:
            self._tell(f"{_pages(self._broken)}: damaged, not read")
        if files := document.count_attachments():
            self._tell(f"attached files: {files} not read")
        if read < count:
            self._tell(f"pages after {read:,} of {count:,} are not read")


def _is_scanned(page: Any, text: str) -> bool:
    """Whether a page is drawn: pictures or outlines with hardly any text, or a font without letters."""
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    written = text.strip()
    unreadable = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in written)
    if written and 2 * unreadable > len(written):
        return True
    if len(written) > _SCANNED_TEXT:
        return False
    if not written:
        return next(iter(page.get_objects(max_depth=1)), None) is not None
    width, height = page.get_size()
    covered = 0.0
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
    return bool(covered > _SCANNED_AREA * width * height)


def _pages(numbers: Sequence[int]) -> str:
    """Page numbers as a reader writes them.

    >>> _pages([2, 4, 5, 6])
    'pages 2, 4-6'
    """
    shown = ", ".join(_runs(numbers))
    return f"page {shown}" if len(numbers) == 1 else f"pages {shown}"


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    first = last = numbers[0]
    for number in [*numbers[1:], 0]:
        if number != last + 1:
            yield f"{first}" if first == last else f"{first}-{last}"
            first = number
        last = number
