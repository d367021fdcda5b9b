"""PowerPoint (.pptx) by python-pptx: a page for each slide, with its tables, charts, notes and comments."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.office_xml import (
    all_named,
    chart_rows,
    parsed,
    tag,
    text_of,
)
from sandreckoner.tools.retrieval.readers.tables import markdown


def pages(data: bytes, tell: Tell = ignored) -> Iterator[str]:
    """Each slide, its title as a heading; a hidden one is marked.

    Raises:
        ValueError: the file is damaged.
    """
    import pptx

    pictures = 0
    for number, slide in enumerate(pptx.Presentation(io.BytesIO(data)).slides, 1):
        hidden = " (hidden)" if slide.element.get("show") == "0" else ""
        title = slide.shapes.title
        said = " ".join(title.text_frame.text.split()) if title is not None else ""
        blocks = [f"# {said or f'Slide {number}'}{hidden}"]
        others = (shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id)
        blocks += _shapes(others)
        blocks += _beside(slide)
        pictures += sum(tag(node) == "pic" for node in slide.element.iter())
        yield "\n\n".join(filter(None, blocks))
    if pictures:
        tell(f"pictures: {pictures} not read")


def _shapes(shapes: Iterable[Any]) -> Iterator[str]:
    for shape in shapes:
        if hasattr(shape, "shapes"):  # a group
            yield from _shapes(shape.shapes)
        elif getattr(shape, "has_table", False):
            yield markdown([[cell.text for cell in row.cells] for row in shape.table.rows])
        elif getattr(shape, "has_chart", False):
            yield markdown(chart_rows(shape.chart.part._element))
        elif shape.has_text_frame:
            yield "\n".join(filter(None, (line.text.strip() for line in shape.text_frame.paragraphs)))


def _beside(slide: Any) -> Iterator[str]:
    """What stands in parts of its own: diagrams (SmartArt), comments, and the speaker's notes."""
    for link in slide.part.rels.values():
        if link.is_external:
            continue
        if link.reltype.endswith("/diagramData"):
            yield "\n".join(text_of(line) for line in all_named(parsed(link.target_part.blob), "p"))
        elif link.reltype.endswith("/comments"):
            yield f"Comments: {text_of(parsed(link.target_part.blob))}"
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
        yield f"Notes: {notes.text.strip()}" if notes.text.strip() else ""
