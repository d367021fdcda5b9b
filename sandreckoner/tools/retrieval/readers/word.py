"""Word (.docx) by python-docx: headings, paragraphs and tables in order, without page breaks."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from sandreckoner.tools.retrieval.readers.tables import markdown
from sandreckoner.tools.retrieval.readers.zip_archive import check_package

if TYPE_CHECKING:
    from docx.table import Table
    from docx.text.paragraph import Paragraph


def pages(data: bytes) -> list[str]:
    """The document as one page of Markdown.

    Raises:
        ValueError: the file is encrypted, damaged or too large.
    """
    check_package(data, "Word document")
    import docx
    from docx.table import Table

    document = docx.Document(io.BytesIO(data))
    blocks = (
        _table(block) if isinstance(block, Table) else _paragraph(block)
        for block in document.iter_inner_content()
    )
    return ["\n\n".join(block for block in blocks if block)]


def _paragraph(paragraph: Paragraph) -> str:
    text = paragraph.text.strip()
    style = paragraph.style.name or "" if paragraph.style else ""
    heading = re.fullmatch(r"Heading ([1-6])", style)
    if text and (heading or style == "Title"):
        return f"{'#' * int(heading[1] if heading else 1)} {' '.join(text.split())}"
    return text


def _table(table: Table) -> str:
    """A table as Markdown. python-docx repeats a merged cell; only its first place keeps the text."""
    rows: list[list[str]] = []
    seen: set[object] = set()
    for row in table.rows:
        texts = []
        for cell in row.cells:
            texts.append("" if cell._tc in seen else cell.text)
            seen.add(cell._tc)
        if any(texts):
            rows.append(texts)
    return markdown(rows)
