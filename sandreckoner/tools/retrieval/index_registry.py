"""Opens indexes: named ones in the user's data folder, and those of `--docs` in the cache."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from sandreckoner._support.user_folders import cache_folder, data_folder
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.tools.retrieval.chroma_vectors import ChromaVectors, chroma_at
from sandreckoner.tools.retrieval.document_index import FORMAT, Index
from sandreckoner.tools.retrieval.indexing import Progress
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary, open_library
from sandreckoner.tools.retrieval.minilm import MiniLM, load_minilm, minilm_ready
from sandreckoner.tools.retrieval.search import SearchOptions

Report = Callable[[str], None]

_LEXICAL_ONLY = "documents are searched by words only; `reckon models pull minilm` adds semantic search"
_SERVER = "server"  # file in an index folder whose vectors are in a Chroma server: HOST:PORT COLLECTION


def index_folder(name: str) -> Path:
    """The folder of an index: a path as it is, a bare name below the user's data folder."""
    if os.sep in name or name in (".", ".."):
        return Path(name).expanduser()
    return data_folder() / "indexes" / name


def existing_index_folder(name: str) -> Path:
    """The folder of an index that exists.

    Raises:
        LibraryError: there is no such index.
    """
    folder = index_folder(name)
    if not (folder / "text.sqlite").exists():
        raise LibraryError(f"there is no index {name!r}; `reckon index add PATH` makes one")
    return folder


def open_index(
    name: str,
    *,
    make: bool = False,
    server: str = "",
    options: SearchOptions | None = None,
    report: Report | None = None,
    labels: Collection[str] | None = None,
) -> Index:
    """Open an index by its name.

    Args:
        name: a bare name, or the path of a folder.
        make: whether to create the index if it does not exist.
        server: `HOST:PORT` of a Chroma server that keeps the vectors; given once, when the index is made. It
            has no access control of its own: reach it over a network that has.
        options: how to search.
        report: called with one line if there is no embedder, so that only words are searched, and with one at
            the first search for whatever is missing.
        labels: of whoever asks; see `Index`.

    Raises:
        UsageError: `server` is not an address, or the index exists already.
        LibraryError: there is no such index, or it cannot be opened.
    """
    folder = index_folder(name) if make else existing_index_folder(name)
    embedder = _installed_embedder()
    if embedder is None and report:
        report(_LEXICAL_ONLY)
    if server:
        _record_server(folder, server)
    if embedder is None or not (folder / _SERVER).exists():
        return Index(folder, embedder=embedder, options=options, report=report, labels=labels)
    address, collection = (folder / _SERVER).read_text("utf-8").split()
    host, _, port = address.rpartition(":")
    return Index(
        folder,
        vectors=ChromaVectors(chroma_at(host, int(port)), embedder, collection=collection),
        options=options,
        report=report,
        labels=labels,
    )


def _record_server(folder: Path, server: str) -> None:
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit():
        raise UsageError(f"a server is written HOST:PORT, like localhost:8000, not {server!r}")
    if (folder / "text.sqlite").exists():
        raise UsageError(f"{folder} is an index already; the server of its vectors is set when it is made")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _SERVER).write_text(f"{server} sandreckoner-{uuid.uuid4().hex[:12]}\n", "utf-8")
    except OSError as fault:
        raise LibraryError(f"{folder}: cannot be made ({fault.strerror})") from None


def cached_library(
    paths: Sequence[str | Path],
    *,
    report: Report | None = None,
    progress: Progress | None = None,
    options: SearchOptions | None = None,
) -> Index | MemoryLibrary:
    """What `reckon ask --docs` searches: an index in the cache, brought up to date each time it is opened.

    Args:
        paths: files and folders; with `-` (piped input) among them, nothing is kept.
        report: called with one line for each file, or thing in a file, that cannot be read, and one if there
            is no embedder.
        progress: called with each document's name, the number of its chunks that are done, and their total.
        options: how to search.

    Raises:
        LibraryError: none of the documents can be read.
    """
    embedder = _installed_embedder()
    library: Index | MemoryLibrary
    unwritable = "" if "-" in map(str, paths) else _why_unwritable(_cached_folder(paths))
    if unwritable and report:
        report(f"{unwritable}: what is read from documents is not kept")
    if unwritable or "-" in map(str, paths):
        library = open_library(paths, embedder=embedder, report=report, options=options)
    else:
        library = _cached_index(paths, embedder, report, progress, options)
    if embedder is None and report:  # only once something was read: a mistake in a path is reported alone
        report(_LEXICAL_ONLY)
    return library


def _why_unwritable(folder: Path) -> str:
    """Why the cache cannot be used, as on a read-only disk or in a container; empty where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        return f"{folder.parent} cannot be written ({fault.strerror})"
    return ""


def _installed_embedder() -> MiniLM | None:
    """The embedder, if it has been downloaded."""
    return load_minilm() if minilm_ready() else None


def _cached_index(
    paths: Sequence[str | Path],
    embedder: MiniLM | None,
    report: Report | None,
    progress: Progress | None,
    options: SearchOptions | None,
) -> Index:
    index = Index(_cached_folder(paths), embedder=embedder, options=options, report=report)
    try:
        added = index.add(paths, progress=progress)
        for line in [*added.failed, *added.notes]:
            if report:
                report(line)
        if not index.documents:
            raise LibraryError(f"no document could be read from {', '.join(map(str, paths))}")
    except BaseException:
        index.close()
        raise
    return index


def _cached_folder(paths: Sequence[str | Path]) -> Path:
    """A folder for these paths and this version of the format, so that an update makes a new index."""
    roots = sorted({str(Path(path).expanduser().resolve()) for path in paths})
    return cache_folder() / "indexes" / hashlib.sha256("\0".join([*roots, FORMAT]).encode()).hexdigest()[:16]
