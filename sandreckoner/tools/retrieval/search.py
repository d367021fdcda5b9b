"""Passages for a question: by words and by meaning, fused, routed, varied, reranked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sandreckoner.core.errors import UsageError
from sandreckoner.core.passage import Passage
from sandreckoner.tools.retrieval.chunk_store import Entry, Store, Stored
from sandreckoner.tools.retrieval.document_routing import date_bonus, named_sources
from sandreckoner.tools.retrieval.fusion import FUSIONS, Fusion, marginal
from sandreckoner.tools.retrieval.vectors import VectorIndex

# Takes a question and passages, gives a score for each; larger is better.
Reranker = Callable[[str, Sequence[Passage]], Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How to search.

    Attributes:
        words: the weight of the words against the meaning, from 0 to 1. Half is good for prose, more for
            short tables, less for long PDF.
        fusion: `min-max` (of scores) or `rank` (reciprocal).
        route: whether a question that names a company or a year is led to the reports of it.
        sources: only these documents; a name that ends in `*` means all that begin so.
        since_s: only documents changed at this time or later, in seconds since 1970.
        until_s: only documents changed before it.
        feedback: 0 or more; how far the question's vector is moved towards what it finds first.
        variety: 0 to 1; more than 0 avoids passages that repeat each other.
        rerank: scores the best `pool` of them anew.
        pool: how many candidates each way of searching gives.
    """

    words: float = 0.5
    fusion: Fusion = "min-max"
    route: bool = True
    sources: tuple[str, ...] = ()
    since_s: float | None = None
    until_s: float | None = None
    feedback: float = 0.0
    variety: float = 0.0
    rerank: Reranker | None = None
    pool: int = 100

    def __post_init__(self) -> None:
        for name in ("words", "variety"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"search: {name} must be between 0 and 1, not {getattr(self, name)}")
        if self.feedback < 0:
            raise UsageError(f"search: feedback must be 0 or more, not {self.feedback}")
        if self.fusion not in FUSIONS:
            raise UsageError(f"search: fusion must be one of {', '.join(FUSIONS)}, not {self.fusion!r}")


# For long reports, where meaning finds more than words do; chosen on half of the questions to real filings.
LONG_REPORTS = SearchOptions(words=0.3, feedback=0.5)


def how_for(entries: Sequence[Entry]) -> SearchOptions:
    """How to search some documents by default: PDF files of many pages as reports, others as prose."""
    long = sum(entry.pieces for entry in entries if entry.source.lower().endswith(".pdf") and entry.pages > 9)
    return LONG_REPORTS if 2 * long > sum(entry.pieces for entry in entries) else SearchOptions()


def find_passages(
    question: str, k: int, *, store: Store, meaning: VectorIndex | None, options: SearchOptions
) -> tuple[Passage, ...]:
    """The `k` passages that best fit a question, best first.

    Raises:
        UsageError: where k is less than 1, or a source is not there.
        LibraryError: where the index cannot be read.
    """
    if k < 1:
        raise UsageError(f"search: k must be 1 or more, not {k}")
    with store.transaction():
        sources = _allowed(question, store.dates(), options)
        found = _fused(question, max(options.pool, k), store, meaning, options, sources)
        if options.route:
            found = {piece: score + date_bonus(question, piece.source) for piece, score in found.items()}
        if options.rerank is not None:
            passages = store.passages(_ranked(found))
            found = dict(zip(_ranked(found), map(float, options.rerank(question, passages)), strict=True))
        chosen = _ranked(found)
        if options.variety and meaning is not None and len(chosen) > k:
            chosen = _varied(chosen, found, k, meaning, options.variety)
        chosen = chosen[:k]
        return store.passages(chosen, [round(found[piece], 6) for piece in chosen])


def _ranked(scores: Mapping[Stored, float]) -> list[Stored]:
    """Best first; equal ones in the order of their documents."""
    return sorted(scores, key=lambda piece: (-scores[piece], piece.source, piece.page, piece.start))


def _allowed(question: str, dates: Mapping[str, float], options: SearchOptions) -> tuple[str, ...] | None:
    """The documents to search in; None for all."""
    kept = [
        source
        for source, modified_s in dates.items()
        if (options.since_s is None or modified_s >= options.since_s)
        and (options.until_s is None or modified_s < options.until_s)
    ]
    if options.sources:
        for name in options.sources:
            if not any(_is_meant(source, name) for source in dates):
                raise UsageError(f"search: there is no document {name!r}; known are {_some(list(dates))}")
        kept = [source for source in kept if any(_is_meant(source, name) for name in options.sources)]
    routed = named_sources(question, kept) if options.route else ()
    chosen = tuple(routed or kept)
    return None if len(chosen) == len(dates) else chosen


def _is_meant(source: str, name: str) -> bool:
    return source.startswith(name[:-1]) if name.endswith("*") else source == name


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "") or "none"


def _fused(
    question: str,
    pool: int,
    store: Store,
    meaning: VectorIndex | None,
    options: SearchOptions,
    sources: tuple[str, ...] | None,
) -> dict[Stored, float]:
    by_words = store.by_words(question, k=pool, sources=sources) if options.words or meaning is None else {}
    pieces = store.pieces(by_words)
    lexical = {pieces[identifier]: score for identifier, score in by_words.items()}
    if meaning is None:
        return FUSIONS[options.fusion](lexical, {}, weight=1.0)
    semantic = (
        _by_meaning(question, pool, store, meaning, sources, options.feedback) if options.words < 1 else {}
    )
    return FUSIONS[options.fusion](lexical, semantic, weight=options.words)


def _by_meaning(
    question: str,
    pool: int,
    store: Store,
    meaning: VectorIndex,
    sources: tuple[str, ...] | None,
    feedback: float,
) -> Mapping[Stored, float]:
    meaning.refresh(store.generation())
    among = None if sources is None else store.keys_of(sources)
    cosines = meaning.nearest(question, k=pool, among=among, feedback=feedback)
    held = store.pieces_with_keys(cosines)
    if sources is not None:
        held = [piece for piece in held if piece.source in sources]
    found = {piece: cosines[piece.key] for piece in held}
    return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0].identifier)))


def _varied(
    ranked: list[Stored], scores: Mapping[Stored, float], k: int, meaning: VectorIndex, variety: float
) -> list[Stored]:
    candidates = ranked[: max(4 * k, 20)]
    similarity = meaning.likeness([piece.key for piece in candidates])
    return marginal(candidates, scores, similarity, k=k, variety=variety)
