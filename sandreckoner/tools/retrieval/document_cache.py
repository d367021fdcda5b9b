"""Documents that a question names, read into an index that is still there for the next question."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.indexing import Progress
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary, open_library
from sandreckoner.tools.retrieval.minilm import MiniLM, load_minilm, minilm_ready
from sandreckoner.tools.retrieval.model_wheel import cache_folder
from sandreckoner.tools.retrieval.search import SearchOptions

Report = Callable[[str], None]
_WORDS_ONLY = "documents are searched by words only; `reckon models pull minilm` adds search by meaning"


def embedder_at_hand(report: Report | None) -> MiniLM | None:
    """The embedder where it has been fetched already; else None, and a line that says so."""
    if minilm_ready():
        return load_minilm()
    if report:
        report(_WORDS_ONLY)
    return None


def remembered_library(
    paths: Sequence[str | Path],
    *,
    report: Report | None = None,
    progress: Progress | None = None,
    options: SearchOptions | None = None,
) -> Index | MemoryLibrary:
    """What `reckon ask --docs` searches: read once, kept in the cache, brought up to date when next asked.

    Args:
        paths: files and folders; with `-` (what is piped in) among them, nothing is kept.
        report: takes a line for each file that cannot be read, and one where there is no embedder.
        progress: called with each document's name and how far it is.
        options: how to search.

    Raises:
        LibraryError: where none of the documents can be read.
    """
    embedder = embedder_at_hand(None)
    library: Index | MemoryLibrary
    if "-" in map(str, paths):
        library = open_library(paths, embedder=embedder, report=report, options=options)
    else:
        library = _kept(paths, embedder, report, progress, options)
    if embedder is None and report:  # said once something was read: a mistake is told alone
        report(_WORDS_ONLY)
    return library


def _kept(
    paths: Sequence[str | Path],
    embedder: MiniLM | None,
    report: Report | None,
    progress: Progress | None,
    options: SearchOptions | None,
) -> Index:
    index = Index(_folder(paths), embedder=embedder, options=options)
    try:
        for line in index.add(paths, progress=progress).failed:
            if report:
                report(line)
        if not index.entries:
            raise LibraryError(f"no document could be read from {', '.join(map(str, paths))}")
    except BaseException:
        index.close()
        raise
    return index


def _folder(paths: Sequence[str | Path]) -> Path:
    roots = sorted({str(Path(path).expanduser().resolve()) for path in paths})
    return cache_folder() / "indexes" / hashlib.sha256("\0".join(roots).encode()).hexdigest()[:16]
