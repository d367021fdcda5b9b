"""Proof that an index holds what it says: every offset, every word and every vector looked at."""

from __future__ import annotations

from collections.abc import Iterator

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.chunk_store import Store
from sandreckoner.tools.retrieval.chunks import body_of, key_of
from sandreckoner.tools.retrieval.document_index import Index

_SHOWN = 5


def verify(index: Index) -> tuple[str, ...]:
    """The faults of an index, a line each; none where it is sound.

    Looked at: SQLite's own check of its file and of the words; that every piece is a slice of its page and
    still has the content that its key names; that every piece has its words; that every vector that is noted
    is there, and each piece has one.
    """
    return (*_file(index.store), *_pieces(index.store), *_vectors(index))


def repair(index: Index) -> int:
    """Have lost vectors made anew by the next `add`; returns how many there are."""
    if index.meaning is None:
        return 0
    index.meaning.refresh(-2)
    noted = {row[0] for row in index.store.rows("select key from vector")}
    lost = noted - set(index.meaning.keys())
    index.store.drop_vectors(lost)
    return len(lost)


def _file(store: Store) -> Iterator[str]:
    for (line,) in store.rows("pragma integrity_check"):
        if line != "ok":
            yield f"the text: {line}"
    try:
        store.rows("insert into words (words, rank) values ('integrity-check', 0)")
    except LibraryError as fault:
        yield f"the words: {fault}"
    ((pieces, words),) = store.rows("select (select count(*) from piece), (select count(*) from words)")
    if pieces != words:
        yield f"the words: {words} for {pieces} pieces"


def _pieces(store: Store) -> Iterator[str]:
    wrong = []
    for entry in store.entries():
        for number in range(1, entry.pages + 1):
            pieces = store.pieces_of(entry.source, number)
            for piece, passage in zip(pieces, store.passages(pieces), strict=True):
                if key_of(body_of(piece.source, piece.title, passage.text)) != piece.key:
                    wrong.append(f"{piece.source}, page {number}, {piece.start}-{piece.end}")
    if wrong:
        yield f"{len(wrong)} pieces are not what was indexed: {_some(wrong)}; remove and add the document"


def _vectors(index: Index) -> Iterator[str]:
    if index.meaning is None:
        return
    index.meaning.refresh(-2)
    held = set(index.meaning.keys())
    noted = {row[0] for row in index.store.rows("select key from vector")}
    needed = {row[0] for row in index.store.rows("select distinct key from piece")}
    if lost := noted - held:
        yield f"{len(lost)} vectors are lost; `reckon index verify --repair`, then `reckon index add`"
    if missing := needed - noted:
        yield f"{len(missing)} pieces have no vector yet; `reckon index add` makes them"


def _some(lines: list[str]) -> str:
    return "; ".join(lines[:_SHOWN]) + (f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else "")
