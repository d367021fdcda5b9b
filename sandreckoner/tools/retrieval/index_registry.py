"""Indexes with a name, which stay until their owner deletes them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path

from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.tools.retrieval.chroma_vectors import ChromaVectors, chroma_at
from sandreckoner.tools.retrieval.document_cache import embedder_at_hand
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.search import SearchOptions

_SERVER = "server"  # the file that says where the vectors are, if not beside it: HOST:PORT COLLECTION


def index_folder(name: str) -> Path:
    """Where an index lies: a path as it is, a bare name below `$XDG_DATA_HOME/sandreckoner/indexes`."""
    if os.sep in name or name in (".", ".."):
        return Path(name).expanduser()
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "sandreckoner" / "indexes" / name


def existing_folder(name: str) -> Path:
    """The folder of an index that is there.

    Raises:
        LibraryError: where it is not.
    """
    folder = index_folder(name)
    if not (folder / "text.sqlite").exists():
        raise LibraryError(f"there is no index {name!r}; `reckon index add PATH` makes one")
    return folder


def named_index(
    name: str,
    *,
    make: bool = False,
    server: str = "",
    options: SearchOptions | None = None,
    report: Callable[[str], None] | None = None,
) -> Index:
    """Open an index by its name.

    Args:
        name: a bare name, or the path of a folder.
        make: whether to make it where it is missing.
        server: `HOST:PORT` of a Chroma server that keeps the vectors, told once, when the index is made. It
            has no access control of its own: reach it over a network that has.
        options: how to search.
        report: takes a line where there is no embedder, so that words alone are searched.

    Raises:
        UsageError: where `server` is no address.
        LibraryError: where there is no such index, or it cannot be opened.
    """
    folder = index_folder(name) if make else existing_folder(name)
    embedder = embedder_at_hand(report)
    if server:
        _keep_server(folder, server)
    if embedder is None or not (folder / _SERVER).exists():
        return Index(folder, embedder=embedder, options=options)
    address, collection = (folder / _SERVER).read_text("utf-8").split()
    host, _, port = address.rpartition(":")
    return Index(
        folder,
        meaning=ChromaVectors(chroma_at(host, int(port)), embedder, collection=collection),
        options=options,
    )


def _keep_server(folder: Path, server: str) -> None:
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit():
        raise UsageError(f"a server is written HOST:PORT, like localhost:8000, not {server!r}")
    if (folder / "text.sqlite").exists():
        raise UsageError(f"{folder} is an index already; where its vectors are is told when it is made")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _SERVER).write_text(f"{server} sandreckoner-{uuid.uuid4().hex[:12]}\n", "utf-8")
    except OSError as fault:
        raise LibraryError(f"{folder}: cannot be made ({fault.strerror})") from None
