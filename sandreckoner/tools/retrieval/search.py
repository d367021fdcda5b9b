"""Hybrid search over stored chunks: BM25 and vectors, fused, then routed, reranked and diversified."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.chunk_store import (
    ChunkStore,
    IndexedDocument,
    StoredChunk,
)
from sandreckoner.tools.retrieval.document_routing import date_bonus, named_sources
from sandreckoner.tools.retrieval.indexed_words import match_query
from sandreckoner.tools.retrieval.ranking import FUSIONS, Fusion, maximal_marginal_relevance
from sandreckoner.tools.retrieval.statement_passages import shown_with, statement_passages
from sandreckoner.tools.retrieval.tables.table_records import (
    read_tables,
    sources_of,
    stored_tables,
    table_words,
)
from sandreckoner.tools.retrieval.tables.table_search import ranked_tables
from sandreckoner.tools.retrieval.vectors import VectorIndex
from sandreckoner.tools.retrieval.word_index import search_words

_PASSAGES_FOR_TABLES = 12
_CLOSE = 0.9

# Takes a question and passages; returns a score for each passage, larger is better.
Reranker = Callable[[str, Sequence[Passage]], Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How to search.

    Attributes:
        lexical_weight: the weight of the BM25 scores against the vector scores, from 0 to 1. Half suits
            prose, more suits short tables, less suits long PDF files.
        fusion: `min-max` (CombSUM of normalised scores) or `rank` (reciprocal rank fusion).
        route: whether a question that names a company or a year is searched in that company's reports, and
            those of that year are preferred.
        sources: search only these documents; a name that ends in `*` is a prefix.
        since_s: search only documents modified at this time or later, in seconds since 1970.
        until_s: search only documents modified before this time, in seconds since 1970.
        statements: whether each primary statement that a question implies comes first, whole, of the document
            that fits best, and of the second best where that is close; it takes the room of several passages.
        feedback: weight of relevance feedback, 0 or more; see `vectors.rocchio`.
        diversity: 0 to 1; more than 0 avoids passages that repeat each other (MMR).
        reranker: rescores all fused candidates.
        n_candidates: how many candidates BM25 and vector search each contribute.
    """

    lexical_weight: float = 0.5
    fusion: Fusion = "min-max"
    route: bool = True
    sources: tuple[str, ...] = ()
    since_s: float | None = None
    until_s: float | None = None
    statements: bool = False
    feedback: float = 0.0
    diversity: float = 0.0
    reranker: Reranker | None = None
    n_candidates: int = 100

    def __post_init__(self) -> None:
        for name in ("lexical_weight", "diversity"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"search: {name} must be between 0 and 1, not {getattr(self, name)}")
        if self.feedback < 0:
            raise UsageError(f"search: feedback must be 0 or more, not {self.feedback}")
        if self.fusion not in FUSIONS:
            raise UsageError(f"search: fusion must be one of {', '.join(FUSIONS)}, not {self.fusion!r}")


# For long reports, where vectors find more than words do; tuned on half of the questions to real filings.
LONG_REPORTS = SearchOptions(lexical_weight=0.4, statements=True)


def default_options(documents: Sequence[IndexedDocument]) -> SearchOptions:
    """The options that suit these documents: `LONG_REPORTS` where most chunks are of PDFs over 9 pages."""
    long = sum(
        document.chunks
        for document in documents
        if document.source.lower().endswith(".pdf") and document.pages > 9
    )
    return LONG_REPORTS if 2 * long > sum(document.chunks for document in documents) else SearchOptions()


def find_passages(
    question: str, k: int, *, store: ChunkStore, vectors: VectorIndex | None, options: SearchOptions
) -> tuple[Passage, ...]:
    """The `k` passages that best answer a question, best first.

    Raises:
        UsageError: `k` is less than 1, or a document in `options.sources` does not exist.
        LibraryError: the index cannot be read.
    """
    if k < 1:
        raise UsageError(f"search: k must be 1 or more, not {k}")
    with store.transaction():
        sources = _searched_sources(question, store, options)
        scores = _fused(question, max(options.n_candidates, k), store, vectors, options, sources)
        if options.route:
            scores = {chunk: score + date_bonus(question, chunk.source) for chunk, score in scores.items()}
        if options.reranker is not None:
            passages = store.passages(_ranked(scores))
            scores = dict(zip(_ranked(scores), map(float, options.reranker(question, passages)), strict=True))
        chosen = _ranked(scores)
        if options.diversity and vectors is not None and len(chosen) > k:
            chosen = _diversified(chosen, scores, k, vectors, options.diversity)
        some = chosen[: 2 * k]
        found = store.passages(some, [round(scores[chunk], 6) for chunk in some])
        if not options.statements or not found:
            return found[:k]
        best = _best_sources(chosen, scores)
        return shown_with(statement_passages(question, best, store, score=found[0].score), found, k)


def find_tables(
    question: str, k: int, *, store: ChunkStore, vectors: VectorIndex | None, options: SearchOptions
) -> tuple[Table, ...]:
    """The `k` tables that best fit a question, best first.

    Raises:
        UsageError: `k` is less than 1, or a document in `options.sources` does not exist.
        LibraryError: the index cannot be read.
    """
    options = replace(options, statements=False)  # tables know them by themselves
    passages = find_passages(question, _PASSAGES_FOR_TABLES, store=store, vectors=vectors, options=options)
    with store.transaction():
        sources = _searched_sources(question, store, options)
        words = table_words(store, match_query(question), k=options.n_candidates, sources=sources)
        near = {passage.source for passage in passages} | sources_of(store, words)
        tables = stored_tables(store, near)
        bonus = (
            {table.source: date_bonus(question, table.source) for table in tables} if options.route else {}
        )
        ranked = ranked_tables(question, tables, words, passages, bonus)
        return tuple(read_tables(store, [table.identifier for table, _ in ranked[:k]]))


def _best_sources(ranked: Sequence[StoredChunk], scores: Mapping[StoredChunk, float]) -> list[str]:
    """The document of the best chunk, and the next one where its best chunk is nearly as good."""
    first = ranked[0]
    other = next((chunk for chunk in ranked if chunk.source != first.source), None)
    is_close = other is not None and scores[other] > _CLOSE * scores[first]
    return [first.source, other.source] if other is not None and is_close else [first.source]


def _ranked(scores: Mapping[StoredChunk, float]) -> list[StoredChunk]:
    """Chunks by falling score; ties in the order of their documents."""
    return sorted(scores, key=lambda chunk: (-scores[chunk], chunk.source, chunk.page, chunk.start))


def _searched_sources(question: str, store: ChunkStore, options: SearchOptions) -> tuple[str, ...] | None:
    """The documents to search; None for all of them."""
    modified = store.modification_times()
    kept = [
        source
        for source, modified_s in modified.items()
        if (options.since_s is None or modified_s >= options.since_s)
        and (options.until_s is None or modified_s < options.until_s)
    ]
    if options.sources:
        for name in options.sources:
            if not any(_matches(source, name) for source in modified):
                raise UsageError(
                    f"search: there is no document {name!r}; known are {_abbreviated(list(modified))}"
                )
        kept = [source for source in kept if any(_matches(source, name) for name in options.sources)]
    routed = named_sources(question, kept) if options.route else ()
    chosen = tuple(routed or kept)
    return None if len(chosen) == len(modified) and not store.hides else chosen


def _matches(source: str, name: str) -> bool:
    return source.startswith(name[:-1]) if name.endswith("*") else source == name


def _abbreviated(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "") or "none"


def _fused(
    question: str,
    k: int,
    store: ChunkStore,
    vectors: VectorIndex | None,
    options: SearchOptions,
    sources: tuple[str, ...] | None,
) -> dict[StoredChunk, float]:
    """The fused scores of at most `k` candidates from each kind of search."""
    weight = 1.0 if vectors is None else options.lexical_weight
    lexical = _lexical_search(question, k, store, sources) if weight > 0 else {}
    semantic: Mapping[StoredChunk, float] = {}
    if vectors is not None and weight < 1:
        semantic = _vector_search(question, k, store, vectors, sources, options.feedback)
    return FUSIONS[options.fusion](lexical, semantic, weight=weight)


def _lexical_search(
    question: str, k: int, store: ChunkStore, sources: tuple[str, ...] | None
) -> Mapping[StoredChunk, float]:
    scores = search_words(store, question, k=k, sources=sources)
    chunks = store.chunks(scores)
    return {chunks[identifier]: score for identifier, score in scores.items()}


def _vector_search(
    question: str,
    k: int,
    store: ChunkStore,
    vectors: VectorIndex,
    sources: tuple[str, ...] | None,
    feedback: float,
) -> Mapping[StoredChunk, float]:
    vectors.refresh(store.generation())
    among = None if sources is None else store.keys_of(sources)
    cosines = vectors.nearest(question, k=k, among=among, feedback=feedback)
    found = {
        chunk: cosines[chunk.key]
        for chunk in store.chunks_with_keys(cosines)
        if sources is None or chunk.source in sources
    }
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0].identifier)))


def _diversified(
    ranked: list[StoredChunk],
    scores: Mapping[StoredChunk, float],
    k: int,
    vectors: VectorIndex,
    diversity: float,
) -> list[StoredChunk]:
    candidates = ranked[: max(4 * k, 20)]
    similarity = vectors.similarities([chunk.key for chunk in candidates])
    return maximal_marginal_relevance(candidates, scores, similarity, k=k, diversity=diversity)
