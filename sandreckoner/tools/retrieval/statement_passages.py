"""Passages of the primary statements that a question implies: where its figures stand is known beforehand.

A question about a margin is answered by the income statement, whose page shares few words with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandreckoner.tools.retrieval.chunk_store import ChunkStore, StoredChunk
from sandreckoner.tools.retrieval.tables.table_records import stored_tables
from sandreckoner.tools.retrieval.tables.table_search import implied_statements, primary_statements

_MOST = 2  # statements of a document


def statement_chunks(
    question: str, ranked: Sequence[StoredChunk], sources: Sequence[str], store: ChunkStore
) -> list[StoredChunk]:
    """A chunk of each primary statement that a question implies, most implied first.

    Args:
        question: in words.
        ranked: the chunks that were found for it, best first; of a statement's chunks the first of these.
        sources: the documents whose statements are taken.
        store: has them.
    """
    implied = implied_statements(question)[:_MOST]
    tables = stored_tables(store, sources) if implied else []
    primary = primary_statements(tables)
    rank = {chunk: place for place, chunk in enumerate(ranked)}
    found = []
    for kind in implied:
        for source in sources:
            of_kind = (each for each in tables if (each.source, each.statement) == (source, kind))
            table = next((each for each in of_kind if each.identifier in primary), None)
            if table is None:
                continue
            on_page = store.chunks_of_page(source, table.page)
            inside = [chunk for chunk in on_page if chunk.start < table.end and table.start < chunk.end]
            found += sorted(inside, key=lambda chunk: (rank.get(chunk, len(rank)), chunk.start))[:1]
    return found
