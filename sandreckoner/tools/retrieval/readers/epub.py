"""Books (.epub): a page for each of their HTML files, in reading order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from sandreckoner.tools.retrieval.readers import Tell, html, ignored
from sandreckoner.tools.retrieval.readers.office_xml import (
    all_named,
    attribute,
    first_named,
    member,
    open_package,
)


def pages(data: bytes, tell: Tell = ignored) -> Iterator[str]:
    """Each chapter as its reader sees it.

    Raises:
        ValueError: the file is damaged.
    """
    archive = open_package(data)
    container = member(archive, "META-INF/container.xml")
    found = first_named(container, "rootfile") if container is not None else None
    name = attribute(found, "full-path") if found is not None else ""
    package = member(archive, name)
    if package is None:
        raise ValueError("is damaged (its list of chapters is missing)")
    files = {attribute(item, "id"): attribute(item, "href") for item in all_named(package, "item")}
    for chapter in all_named(package, "itemref"):
        path = unquote(files.get(attribute(chapter, "idref"), ""))
        try:
            yield from html.pages(
                archive.read(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)))
            )
        except KeyError:
            tell(f"the chapter {path or attribute(chapter, 'idref')} is missing")
