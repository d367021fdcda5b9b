"""Follow folders: an index is brought up to date whenever a file in them is new, changed or gone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.indexing import IndexReport
from sandreckoner.tools.retrieval.load_documents import find_files

_Seen = dict[str, tuple[int, int]]


def updates(index: Index, paths: Sequence[str | Path] = (), *, every_s: float = 5.0) -> Iterator[IndexReport]:
    """Look at files again and again, and yield what each update of the index did; never ends.

    A file is read again when its size or its time of modification differs, once it was still for one look:
    it may be in the middle of being written.

    Args:
        index: what is brought up to date.
        paths: files and folders; none for all that were ever added.
        every_s: seconds between two looks.

    Raises:
        LibraryError: a path does not exist at the first look, or the index cannot be written.
    """
    roots = [str(path) for path in paths] or sorted({document.root for document in index.documents})
    done = before = _seen(roots)  # before the update: what changes during it is seen by the next look
    yield index.add(paths)
    while True:
        time.sleep(every_s)
        now = _seen(roots)
        if now == before != done:
            done = now
            yield index.add([root for root in roots if Path(root).exists()] if paths else ())
        before = now


def _seen(roots: Sequence[str]) -> _Seen:
    """Size and time of modification of each file."""
    found: _Seen = {}
    for root in roots:
        try:
            for file in find_files([root]):
                if file.path is not None:
                    state = file.path.stat()
                    found[str(file.path)] = (state.st_size, state.st_mtime_ns)
        except (LibraryError, OSError):  # gone, or going while it is looked at
            continue
    return found
