"""HTML by Beautiful Soup: headings and tables as Markdown, everything else as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.html_grid import grid_of, is_layout
from sandreckoner.tools.retrieval.readers.tables import markdown

if TYPE_CHECKING:
    from bs4 import Tag

_DROPPED = ["script", "style", "noscript", "template", "svg", "head"]
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### "}
_ATTRIBUTES = {"input": "value", "img": "alt", "iframe": "srcdoc"}
_BLOCK_NAMES = """
    p div section article main header footer aside nav ul ol dl dt dd li blockquote pre figure figcaption form
    address hr body table tr td th tbody thead tfoot caption
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())


def pages(data: bytes | str, tell: Tell = ignored) -> list[str]:
    """The document as one page of text; its title comes first if it has no `h1`."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(data, "lxml")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    has_heading = soup.h1 is not None
    for tag in soup(_DROPPED):
        tag.decompose()
    for tag in soup.find_all(_is_hidden):
        if not tag.decomposed:
            tag.decompose()
    text = _tidy("".join(_walk(soup)))
    return [f"# {title}\n\n{text}" if title and text and not has_heading else text]


def _is_hidden(tag: Tag) -> bool:
    """Whether a reader cannot see a tag: its text is not evidence. Facts of inline XBRL may stand hidden."""
    style = str(tag.get("style", "")).lower().replace(" ", "")
    return tag.has_attr("hidden") or tag.name == "ix:header" or "display:none" in style


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
            yield from _table(child)
        elif child.name in _ATTRIBUTES:
            yield from _written_in_attribute(child)
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


def _written_in_attribute(tag: Tag) -> Iterator[str]:
    """What a reader sees of a field, a picture or a frame."""
    said = str(tag.get(_ATTRIBUTES[tag.name], ""))
    if tag.name == "input" and tag.get("type") in ("hidden", "password"):
        return
    yield f"\n\n{pages(said)[0]}\n\n" if tag.name == "iframe" and said else f" {said} " if said else ""


def _table(table: Tag) -> Iterator[str]:
    """A table as Markdown; the parts of a table that only arranges the page, one below the other."""
    if is_layout(table):
        yield from _walk(table)
        return
    caption = table.find("caption")
    if caption:
        yield f"\n\n{caption.get_text(' ', strip=True)}"
    yield f"\n\n{markdown(grid_of(table))}\n\n"


def _tidy(text: str) -> str:
    lines = [line.strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
