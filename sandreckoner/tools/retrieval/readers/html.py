"""HTML by Beautiful Soup: headings and tables as Markdown, everything else as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sandreckoner.tools.retrieval.readers.tables import markdown

if TYPE_CHECKING:
    from bs4 import Tag

_DROPPED = ["script", "style", "noscript", "template", "svg", "head"]
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### "}
_BLOCK_NAMES = """
    p div section article main header footer aside nav ul ol dl dt dd li blockquote pre figure figcaption form
    address hr body table
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())


def pages(data: bytes) -> list[str]:
    """The document as one page of text; its title comes first if it has no `h1`."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(data, "lxml")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    has_heading = soup.h1 is not None
    for tag in soup(_DROPPED):
        tag.decompose()
    # Text that a reader cannot see is not evidence.
    for tag in soup.select("[hidden], [style*='display:none'], [style*='display: none']"):
        tag.decompose()
    text = _tidy("".join(_walk(soup)))
    return [f"# {title}\n\n{text}" if title and text and not has_heading else text]


def _walk(tag: Tag) -> Iterator[str]:
    from bs4.element import NavigableString, PreformattedString, Tag

    for child in tag.children:
        if isinstance(child, PreformattedString):  # comments, the document type
            continue
        if isinstance(child, NavigableString):
            yield str(child) if tag.name == "pre" else re.sub(r"\s+", " ", child)
        elif not isinstance(child, Tag):
            continue
        elif child.name == "br":
            yield "\n"
        elif child.name == "table":
            yield "\n\n" + _table(child) + "\n\n"
        elif child.name in _HEADINGS:
            yield f"\n\n{_HEADINGS[child.name]}{child.get_text(' ', strip=True)}\n\n"
        elif child.name == "li":
            yield "\n- "
            yield from _walk(child)
        elif child.name in _BLOCKS:
            yield "\n\n"
            yield from _walk(child)
            yield "\n\n"
        else:
            yield from _walk(child)


def _table(table: Tag) -> str:
    """A table as Markdown. A cell that spans columns or rows fills only the first of them."""
    caption = table.find("caption")
    rows: list[list[str]] = []
    open_below: dict[int, int] = {}
    for row in table.find_all("tr"):
        if row.find_parent("table") is not table:
            continue
        cells: list[str] = []
        for cell in row.find_all(["td", "th"], recursive=False):
            _leave_open(cells, open_below)
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            for column in range(len(cells), len(cells) + width):
                open_below[column] = height - 1
            cells += [cell.get_text(" ", strip=True), *[""] * (width - 1)]
        _leave_open(cells, open_below)
        if any(cells):
            rows.append(cells)
    text = markdown(rows)
    return f"{caption.get_text(' ', strip=True)}\n\n{text}" if caption else text


def _leave_open(cells: list[str], open_below: dict[int, int]) -> None:
    """Add empty cells where a cell of a row above spans this row."""
    while open_below.get(len(cells), 0) > 0:
        open_below[len(cells)] -= 1
        cells.append("")


def _span(cell: Tag, name: str) -> int:
    written = str(cell.get(name, "1"))
    return min(int(written), 100) if written.isdecimal() and int(written) else 1


def _tidy(text: str) -> str:
    lines = [line.strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
