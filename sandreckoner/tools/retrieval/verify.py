"""Check an index: every offset, every full-text row and every vector."""

from __future__ import annotations

from collections.abc import Iterator

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.chunk_store import ChunkStore
from sandreckoner.tools.retrieval.document import content_key, indexed_text
from sandreckoner.tools.retrieval.document_index import Index

_SHOWN = 5


def verify(index: Index) -> tuple[str, ...]:
    """The faults of an index, one line each; empty if it is sound.

    Checks SQLite's integrity and the full-text index's; that every chunk is a slice of its page whose hash is
    still its key; that every chunk has its full-text row; and that every chunk's vector exists.

    Raises:
        UsageError: the index was opened with labels.
    """
    index.require_everything()
    return (*_file(index.store), *_chunks(index.store), *_vectors(index))


def repair(index: Index) -> int:
    """Mark lost vectors, so that the next `add` embeds them again; returns their number."""
    index.require_everything()
    if index.vectors is None:
        return 0
    index.vectors.refresh(-2)
    recorded = {row[0] for row in index.store.query("select key from vector")}
    lost = recorded - set(index.vectors.keys())
    index.store.unmark_embedded(lost)
    return len(lost)


def _file(store: ChunkStore) -> Iterator[str]:
    for (line,) in store.query("pragma integrity_check"):
        if line != "ok":
            yield f"the text: {line}"
    try:
        store.query("insert into chunk_fts (chunk_fts, rank) values ('integrity-check', 0)")
    except LibraryError as fault:
        yield f"the words: {fault}"
    ((chunks, words),) = store.query("select (select count(*) from chunk), (select count(*) from chunk_fts)")
    if chunks != words:
        yield f"the words: {words} for {chunks} chunks"
    ((tables, words),) = store.query(
        "select (select count(*) from tabular), (select count(*) from tabular_fts)"
    )
    if tables != words:
        yield f"the words of tables: {words} for {tables} tables"


def _chunks(store: ChunkStore) -> Iterator[str]:
    wrong = []
    for document in store.documents():
        pages = store.numbered_pages(document.source)
        for chunk in store.chunks_of(document.source):
            text = pages.get(chunk.page, "")[chunk.start : chunk.end]
            if content_key(indexed_text(chunk.source, chunk.title, text)) != chunk.key:
                wrong.append(f"{chunk.source}, page {chunk.page}, {chunk.start}-{chunk.end}")
    if wrong:
        yield f"{len(wrong)} chunks are not what was indexed: {_some(wrong)}; remove and add the document"


def _vectors(index: Index) -> Iterator[str]:
    if index.vectors is None:
        return
    index.vectors.refresh(-2)
    existing = set(index.vectors.keys())
    recorded = {row[0] for row in index.store.query("select key from vector")}
    needed = {row[0] for row in index.store.query("select distinct key from chunk")}
    if lost := recorded - existing:
        yield f"{len(lost)} vectors are lost; `reckon index verify --repair`, then `reckon index add`"
    if missing := needed - recorded:
        yield f"{len(missing)} chunks have no vector yet; `reckon index add` makes them"


def _some(lines: list[str]) -> str:
    return "; ".join(lines[:_SHOWN]) + (f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else "")
