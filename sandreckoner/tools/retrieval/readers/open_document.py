"""OpenDocument (.odt, .ods, .odp): text as one page, a page for each sheet or slide; values as shown.

A file is XML in a ZIP archive, or XML alone (.fodt). Deleted text that is kept for tracking is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.excel import HIDDEN, sheet_pages
from sandreckoner.tools.retrieval.readers.office_xml import (
    all_named,
    attribute,
    first_named,
    member,
    open_package,
    parsed,
    tag,
)
from sandreckoner.tools.retrieval.readers.tables import markdown

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_MAX_CELLS = 5_000_000  # of one table; a cell may say that it is repeated a million times
_SKIPPED = frozenset(
    ["tracked-changes", "sequence-decls", "note-citation", "creator", "date", "forms", "settings"]
)
_BOXES = frozenset(["annotation", "note", "text-box"])  # they stand in a line and hold lines of their own


def pages(data: bytes, tell: Tell = ignored) -> Iterator[str]:
    """The document, sheets and slides with their names as headings.

    Raises:
        ValueError: the file is damaged or needs a password.
    """
    if data.startswith(b"PK"):
        archive = open_package(data)
        if b"encryption-data" in (
            archive.read("META-INF/manifest.xml") if _has_manifest(archive.namelist()) else b""
        ):
            raise ValueError("needs a password: save it without one first")
        content, styles = member(archive, "content.xml"), member(archive, "styles.xml")
        pictures = sum(name.startswith("Pictures/") for name in archive.namelist())
    else:
        content = styles = parsed(data)
        pictures = 0
    body = first_named(content, "body") if content is not None else None
    if body is None:
        raise ValueError("is damaged (its text is missing)")
    for part in body:
        if tag(part) == "spreadsheet":
            for table in all_named(part, "table"):
                hidden = attribute(table, "display") == "false"
                yield from sheet_pages(attribute(table, "name"), list(_rows(table)), hidden=hidden)
        elif tag(part) == "presentation":
            slides = [node for node in part if tag(node) == "page"]
            yield from (f"# {attribute(slide, 'name')}\n\n{_text(slide)}" for slide in slides)
        else:
            yield "\n\n".join(filter(None, [_text(part), *_headers(styles)]))
    if pictures:
        tell(f"pictures: {pictures} not read")


def _has_manifest(names: Iterable[str]) -> bool:
    return "META-INF/manifest.xml" in names


def _headers(styles: Element | None) -> Iterator[str]:
    for node in all_named(styles, "header", "footer") if styles is not None else ():
        if text := _text(node):
            yield f"{tag(node).capitalize()}: {text}"


def _text(node: Element) -> str:
    return "\n\n".join(filter(None, (block.strip() for block in _blocks(node))))


def _blocks(parent: Element) -> Iterator[str]:
    for node in parent:
        name = tag(node)
        if name in _SKIPPED:
            continue
        if name in ("p", "h"):
            level = attribute(node, "outline-level", "1")
            boxes: list[Element] = []
            text = "".join(_inline(node, boxes))
            yield (
                f"{'#' * min(int(level) if level.isdecimal() else 1, 6)} {text}"
                if name == "h" and text
                else text
            )
            for box in boxes:
                label = {"annotation": "Comment: ", "note": "Note: "}.get(tag(box), "")
                yield label + _text(box)
        elif name == "table":
            yield markdown([row for row in _rows(node) if any(row)])
        else:
            yield from _blocks(node)


def _inline(parent: Element, boxes: list[Element]) -> Iterator[str]:
    yield parent.text or ""
    for node in parent:
        name = tag(node)
        if name in _BOXES:
            boxes.append(node)
        elif name == "s":
            count = attribute(node, "c", "1")
            yield " " * (min(int(count), 100) if count.isdecimal() else 1)
        elif name in ("tab", "line-break"):
            yield "\t" if name == "tab" else "\n"
        elif name not in _SKIPPED:
            yield from _inline(node, boxes)
        yield node.tail or ""


def _rows(table: Element) -> Iterator[list[str]]:
    """The rows of a table without empty cells at their ends; repeated rows and cells as often as they are."""
    left = _MAX_CELLS
    for row in _inside(table, ("table-row",)):
        texts: list[str] = []
        for cell in _inside(row, ("table-cell", "covered-table-cell")):
            texts += [_text(cell)] * _times(cell, "number-columns-repeated", left)
        while texts and not texts[-1]:
            texts.pop()
        if texts and attribute(row, "visibility") == "collapse":
            texts[0] += HIDDEN
        times = _times(row, "number-rows-repeated", left // len(texts)) if texts else 1
        left -= times * max(1, len(texts))
        if left < 0:
            raise ValueError("repeats cells millions of times: not read")
        yield from [texts] * times


def _inside(parent: Element, names: tuple[str, ...]) -> Iterator[Element]:
    """The nearest descendants with one of these names: groups and heading rows may stand in between."""
    for node in parent:
        if tag(node) in names:
            yield node
        elif tag(node).startswith(("table-row", "table-header", "table-column-group")):
            yield from _inside(node, names)


def _times(node: Element, name: str, most: int) -> int:
    """How often a cell or a row is repeated.

    Raises:
        ValueError: more than `most` times.
    """
    written = attribute(node, name, "1")
    times = int(written) if written.isdecimal() and len(written) < 9 else 1
    if times > most:
        raise ValueError("repeats cells millions of times: not read")
    return times
