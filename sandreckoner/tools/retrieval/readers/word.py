"""Word (.docx) as one page of Markdown: paragraphs, tables, text boxes, headers, notes and comments.

What was inserted under tracked changes is read, what was deleted is not: the text as its last author left it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.office_xml import (
    all_named,
    attribute,
    chart_rows,
    first_named,
    member,
    members,
    open_package,
    related,
    tag,
    text_of,
)
from sandreckoner.tools.retrieval.readers.tables import markdown

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_SKIPPED = frozenset(["del", "moveFrom", "delText", "instrText", "rPr", "pPr", "tblPr", "tcPr", "sdtPr"])
_WRITTEN = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


def pages(data: bytes, tell: Tell = ignored) -> list[str]:
    """The document as one page of Markdown.

    Raises:
        ValueError: the file is damaged.
    """
    archive = open_package(data)
    name = related(archive, "", "officeDocument") or "word/document.xml"
    document = member(archive, name)
    if document is None:
        raise ValueError("is damaged (its text is missing)")
    reading = _Reading(_heading_levels(archive))
    text = "\n\n".join(filter(None, [reading.text(document), *_further(archive, reading)]))
    for line in reading.left_out:
        tell(f"{line} not read")
    return [text]


def _heading_levels(archive: zipfile.ZipFile) -> dict[str, int]:
    """The level of each style that is a heading, by the style's id."""
    styles = member(archive, "word/styles.xml")
    levels: dict[str, int] = {}
    for style in all_named(styles, "style") if styles is not None else ():
        named = first_named(style, "name")
        name = attribute(named, "val").lower() if named is not None else ""
        heading = re.fullmatch(r"heading ([1-6])", name)
        if heading or name == "title":
            levels[attribute(style, "styleId")] = int(heading[1]) if heading else 1
    return levels


def _further(archive: zipfile.ZipFile, reading: _Reading) -> Iterator[str]:
    """What stands beside the text: notes, comments, charts, and each header and footer once."""
    for part, label in (("footnotes", "Footnote"), ("endnotes", "Endnote"), ("comments", "Comment")):
        root = member(archive, f"word/{part}.xml")
        for note in root if root is not None else ():
            name = attribute(note, "author") if part == "comments" else attribute(note, "id")
            if text := reading.text(note):
                yield f"{label} {f'by {name}' if part == 'comments' else name}: {text}"
    for chart in members(archive, "word/charts/chart"):
        yield markdown(chart_rows(chart))
    for label in ("header", "footer"):
        texts = [reading.text(root) for root in members(archive, f"word/{label}")]
        yield from (f"{label.capitalize()}: {text}" for text in dict.fromkeys(filter(None, texts)))


@dataclass(slots=True)
class _Reading:
    """A walk over the XML of a document.

    Attributes:
        levels: the level of each style that is a heading.
        counts: of what is not read, how many were met.
        in_cell: whether the walk is in the cell of a table.
    """

    levels: dict[str, int]
    counts: dict[str, int] = field(default_factory=dict)
    in_cell: bool = False

    @property
    def left_out(self) -> list[str]:
        """What was met and not read."""
        return [f"{name}: {count}" for name, count in self.counts.items()]

    def text(self, node: Element) -> str:
        """The blocks of a part, parted by empty lines."""
        return "\n\n".join(filter(None, self._blocks(node)))

    def _blocks(self, parent: Element) -> Iterator[str]:
        for node in parent:
            name = tag(node)
            if name in _SKIPPED:
                continue
            if name == "p":
                yield from self._paragraph(node)
            elif name == "tbl":
                yield markdown(list(self._rows(node)))
            elif name == "altChunk":
                self._missed("embedded documents")
            else:
                yield from self._blocks(node)

    def _paragraph(self, node: Element) -> Iterator[str]:
        boxes: list[Element] = []
        text = "".join(self._inline(node, boxes)).strip()
        style = next((attribute(each, "val") for each in all_named(node, "pStyle")), "")
        if text and style in self.levels:
            text = f"{'#' * self.levels[style]} {' '.join(text.split())}"
        yield text
        for box in boxes:
            yield from self._blocks(box)

    def _inline(self, parent: Element, boxes: list[Element]) -> Iterator[str]:
        for node in parent:
            name = tag(node)
            if name in _SKIPPED:
                continue
            if name == "t":
                yield node.text or ""
            elif name in _WRITTEN:
                yield _WRITTEN[name]
            elif name in ("footnoteReference", "endnoteReference"):
                yield "" if self.in_cell else f"[{attribute(node, 'id')}]"  # behind a figure it would join it
            elif name == "txbxContent":
                boxes.append(node)
            elif name == "AlternateContent":
                yield from self._alternative(node, boxes)
            elif name == "r" and _is_hidden(node):
                self._missed("hidden texts")
            else:
                if name in ("blip", "imagedata", "OLEObject"):
                    self._missed("embedded objects" if name == "OLEObject" else "pictures")
                yield from self._inline(node, boxes)

    def _alternative(self, node: Element, boxes: list[Element]) -> Iterator[str]:
        """The first of two ways to say the same that says anything."""
        for choice in node:
            found = list(self._inline(choice, boxes))
            if any(found) or any(text_of(box) for box in all_named(choice, "txbxContent")):
                yield from found
                return

    def _rows(self, table: Element) -> Iterator[list[str]]:
        """The rows that were not deleted; a merged cell has its text in its first place."""
        for row in _inside(table, "tr"):
            if any(tag(mark) == "del" for change in row if tag(change) == "trPr" for mark in change):
                continue
            texts = [""] * _number(row, "gridBefore", 0)
            for cell in _inside(row, "tc"):
                merged = first_named(cell, "vMerge")
                goes_on = merged is not None and attribute(merged, "val", "continue") == "continue"
                texts.append("" if goes_on else self._cell(cell))
                texts += [""] * (_number(cell, "gridSpan", 1) - 1)
            if any(texts):
                yield texts

    def _cell(self, cell: Element) -> str:
        parts: list[str] = []
        outside, self.in_cell = self.in_cell, True
        for node in cell:
            if tag(node) == "tbl":
                parts.append("; ".join(" ".join(filter(None, row)) for row in self._rows(node)))
            else:
                parts += self._blocks_of(node)
        self.in_cell = outside
        return "\n".join(filter(None, parts))

    def _blocks_of(self, node: Element) -> Iterable[str]:
        if tag(node) in _SKIPPED:
            return ()
        return self._paragraph(node) if tag(node) == "p" else self._blocks(node)

    def _missed(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def _is_hidden(run: Element) -> bool:
    return any(
        tag(mark) == "vanish" and attribute(mark, "val", "1") not in ("0", "false")
        for properties in run
        if tag(properties) == "rPr"
        for mark in properties
    )


def _inside(parent: Element, name: str) -> Iterator[Element]:
    """The nearest descendants of this name: controls and insertions may stand in between."""
    for node in parent:
        if tag(node) == name:
            yield node
        elif tag(node) in ("sdt", "sdtContent", "ins", "moveTo", "customXml"):
            yield from _inside(node, name)


def _number(node: Element, name: str, default: int) -> int:
    for properties in node:
        for mark in properties if tag(properties).endswith("Pr") else ():
            if tag(mark) == name and attribute(mark, "val").isdecimal():
                return min(int(attribute(mark, "val")), 100)
    return default
