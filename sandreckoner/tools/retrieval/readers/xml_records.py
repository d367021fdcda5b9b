"""XML: the facts of an XBRL instance as a table, any other as one line `name: value` per field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sandreckoner.tools.retrieval.readers import Tell, html, ignored, open_document
from sandreckoner.tools.retrieval.readers.office_xml import all_named, attribute, parsed, tag, text_of
from sandreckoner.tools.retrieval.readers.tables import pages_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_TEXT_BLOCK = 200  # characters; a longer fact is a text of its own, often HTML
_HEAD = ("concept", "period", "segment", "value", "unit")


def pages(data: bytes, tell: Tell = ignored) -> Iterator[str]:
    """The facts of a filing, or the fields of a record.

    Raises:
        ValueError: it is not well-formed, or declares entities.
    """
    root = parsed(data)
    if tag(root) == "html":
        return iter(html.pages(data, tell))
    if tag(root) == "document" and "opendocument" in root.tag:
        return open_document.pages(data, tell)
    return _facts(root) if tag(root) == "xbrl" else iter(["\n".join(_fields("", root))])


def _fields(above: str, node: Element) -> Iterator[str]:
    name = f"{above}.{tag(node)}" if above else tag(node)
    for key, value in node.items():
        yield f"{name}.{str(key).rpartition('}')[2]}: {value}"
    if text := " ".join((node.text or "").split()):
        yield f"{name}: {text}"
    for child in node:
        yield from _fields(name, child)
        if tail := " ".join((child.tail or "").split()):
            yield f"{name}: {tail}"


def _facts(root: Element) -> Iterator[str]:
    contexts = {attribute(node, "id"): node for node in all_named(root, "context")}
    units = {attribute(node, "id"): _unit(node) for node in all_named(root, "unit")}
    rows: list[tuple[str, ...]] = [_HEAD]
    texts = []
    for node in all_named(root, *{tag(each) for each in root.iter() if attribute(each, "contextRef")}):
        context = contexts.get(attribute(node, "contextRef"))
        value, concept = (node.text or "").strip(), _in_words(tag(node))
        if not value or context is None:
            continue
        if len(value) > _TEXT_BLOCK:
            texts.append(f"# {concept}\n\n{html.pages(value)[0]}")
        else:
            rows.append(
                (
                    concept,
                    _period(context),
                    _segment(context),
                    value,
                    units.get(attribute(node, "unitRef"), ""),
                )
            )
    yield from pages_of(rows)
    yield from texts


def _in_words(name: str) -> str:
    """`NetIncomeLoss` as `Net income loss`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).split()
    return " ".join(word if word.isupper() else word.lower() for word in words).capitalize()


def _period(context: Element) -> str:
    return " to ".join(text_of(node) for node in all_named(context, "startDate", "endDate", "instant"))


def _segment(context: Element) -> str:
    members = all_named(context, "explicitMember", "typedMember")
    return ", ".join(
        _in_words(text_of(member).rpartition(":")[2].removesuffix("Member")) for member in members
    )


def _unit(unit: Element) -> str:
    return "/".join(text_of(measure).rpartition(":")[2] for measure in all_named(unit, "measure"))
