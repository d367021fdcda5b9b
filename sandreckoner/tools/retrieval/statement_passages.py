"""Passages of the primary statements that a question implies: where its figures stand is known beforehand.

A question about a margin is answered by the income statement, whose page shares few words with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandreckoner.core.problem import Passage
from sandreckoner.tools.retrieval.chunk_store import ChunkStore
from sandreckoner.tools.retrieval.tables.table_records import stored_tables
from sandreckoner.tools.retrieval.tables.table_search import implied_statements, primary_statements

_MOST = 2  # statements of a document
_CHARACTERS = 950  # of a passage, as they are long on average
_CAPTION = 250  # characters above a statement


def statement_passages(
    question: str, sources: Sequence[str], store: ChunkStore, *, score: float
) -> list[Passage]:
    """A passage of each primary statement that a question implies, most implied first: the whole table.

    Args:
        question: in words.
        sources: the documents whose statements are taken, best first.
        store: has them.
        score: of these passages.
    """
    implied = implied_statements(question)[:_MOST]
    tables = stored_tables(store, sources) if implied else []
    primary = primary_statements(tables)
    known = {(each.source, each.statement): each for each in tables if each.identifier in primary}
    found = []
    for table in filter(None, (known.get((source, kind)) for kind in implied for source in sources)):
        page = store.page(table.source, table.page)
        start = _with_caption(page, table.start)
        text = page[start : table.end]
        found.append(Passage(text, table.source, table.page, start, table.end, score, table.title))
    return found


def _with_caption(page: str, start: int) -> int:
    """Where the lines above a table begin: its name, and the unit of its figures."""
    if start <= _CAPTION:
        return 0
    return page.find("\n", start - _CAPTION, start) + 1 or start


def shown_with(statements: Sequence[Passage], others: Sequence[Passage], k: int) -> tuple[Passage, ...]:
    """The statements and what they do not hold of the others: no more text than `k` usual passages."""
    kept: list[Passage] = []
    room = k * _CHARACTERS
    for passage in (*statements, *(each for each in others if not _is_held(each, statements))):
        room -= len(passage.text)
        if len(kept) == k or (kept and room < 0):
            break
        kept.append(passage)
    return tuple(kept)


def _is_held(passage: Passage, statements: Sequence[Passage]) -> bool:
    return any(
        (each.source, each.page) == (passage.source, passage.page)
        and each.start <= passage.start
        and passage.end <= each.end
        for each in statements
    )
