"""The XML inside Office and OpenDocument files: parsed without entities, its names without namespaces."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def open_package(data: bytes) -> zipfile.ZipFile:
    """The ZIP archive of a document; `file_kinds` has looked at what it would unpack to."""
    return zipfile.ZipFile(io.BytesIO(data))


def parsed(data: bytes) -> Element:
    """The root of an XML text.

    Raises:
        ValueError: it is not well-formed, or it declares entities, which can grow without end or name files.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as fault:
        if "entity" in str(fault):
            raise ValueError("its XML uses entities: not read, because they can grow without end") from None
        raise ValueError(f"its XML is damaged ({' '.join(str(fault).split())[:100]})") from None
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(declared.iterentities()):
        raise ValueError("its XML declares entities: not read, because they can grow without end")
    return root


def member(archive: zipfile.ZipFile, name: str) -> Element | None:
    """The root of a member of an archive; None if there is none of this name."""
    try:
        return parsed(archive.read(name))
    except KeyError:
        return None


def members(archive: zipfile.ZipFile, prefix: str) -> Iterator[Element]:
    """The roots of all XML members whose names begin so, sorted by name."""
    for name in sorted(archive.namelist()):
        if name.startswith(prefix) and name.endswith(".xml"):
            yield parsed(archive.read(name))


def related(archive: zipfile.ZipFile, part: str, kind: str) -> str:
    """The name of the part of a kind (`officeDocument`) to which a part is related; empty if to none."""
    folder, name = posixpath.split(part)
    links = member(archive, f"{folder}/_rels/{name}.rels".lstrip("/"))
    for link in links if links is not None else ():
        if str(link.get("Type", "")).endswith(f"/{kind}"):
            return posixpath.normpath(posixpath.join("/", folder, str(link.get("Target")))).lstrip("/")
    return ""


def tag(node: Element) -> str:
    """A node's name without its namespace; empty for an entity or a comment."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def attribute(node: Element, name: str, default: str = "") -> str:
    """An attribute by its name without its namespace."""
    if (plain := node.get(name)) is not None:
        return str(plain)
    return next((str(value) for key, value in node.items() if str(key).endswith(f"}}{name}")), default)


def all_named(node: Element, *names: str) -> Iterator[Element]:
    """The descendants with one of these names, in order."""
    return (each for each in node.iter() if tag(each) in names)


def first_named(node: Element, *names: str) -> Element | None:
    """The first of `all_named`."""
    return next(all_named(node, *names), None)


def text_of(node: Element) -> str:
    """All text in a node, spaces made single."""
    return " ".join("".join(map(str, node.itertext())).split())


def chart_rows(chart: Element) -> list[list[str]]:
    """What a chart shows, as a table: a row for each category, a column for each series."""
    series = list(all_named(chart, "ser"))
    columns = [_points(one, "val", "yVal") for one in series]
    categories = _points(series[0], "cat", "xVal") if series else []
    names = [_points(one, "tx") for one in series]
    head = ["", *(name[0] if name else f"Series {n}" for n, name in enumerate(names, 1))]
    height = max(map(len, [categories, *columns]), default=0)
    filled = [[*column, *[""] * (height - len(column))] for column in [categories, *columns]]
    return [head, *map(list, zip(*filled, strict=True))] if series and height else []


def _points(series: Element, *names: str) -> list[str]:
    kept = next((child for child in series if tag(child) in names), None)
    return [str(value.text or "") for value in all_named(kept, "v")] if kept is not None else []
