"""Search by meaning in any LangChain vector store, for those who have one, or have outgrown a machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.tools.retrieval.embedder import LangChainEmbedder

if TYPE_CHECKING:
    from langchain_core.vectorstores import VectorStore

_AT_ONCE = 1_000


class LangChainVectors:
    """Bodies in a LangChain vector store, with its own embeddings, under our keys as ids.

    The store must keep the ids that it is given and return them (`Document.id`), as LangChain asks of it. It
    cannot list what it holds, so `verify` cannot look into it; and whether two processes may write to it at
    once is its own affair.
    """

    def __init__(self, store: VectorStore) -> None:
        self._store = store

    def add(self, bodies: Mapping[str, str]) -> None:
        """Hand the texts over."""
        keys, texts = list(bodies), list(bodies.values())
        for first in range(0, len(keys), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            self._store.add_texts(texts[some], ids=keys[some])

    def forget(self, keys: Sequence[str]) -> None:
        """Remove texts."""
        self._store.delete(list(keys))

    def nearest(
        self, question: str, *, k: int, among: Sequence[str] | None = None, feedback: float = 0.0
    ) -> dict[str, float]:
        """In the store's own order, scored by rank: what its scores mean differs from store to store.

        It has no filter by id, so more are asked for and the others left out. Nor does it give its vectors
        back, so the question stays where it is, whatever `feedback` says.
        """
        wanted = None if among is None else set(among)
        found: list[str] = []
        for document in self._store.similarity_search(question, k=k if wanted is None else 10 * k):
            if document.id is None:
                kind = type(self._store).__name__
                raise LibraryError(f"{kind} returns documents without their ids; use another store")
            if wanted is None or document.id in wanted:
                found.append(document.id)
        return {key: 1.0 - place / k for place, key in enumerate(found[:k])}

    def likeness(self, keys: Sequence[str]) -> Sequence[Sequence[float]]:
        """From the texts, embedded anew: a store does not give its vectors back."""
        if self._store.embeddings is None:
            raise UsageError(f"{type(self._store).__name__} has no embeddings; search with variety=0")
        texts = {document.id: document.page_content for document in self._store.get_by_ids(list(keys))}
        rows = LangChainEmbedder(self._store.embeddings).documents([texts[key] for key in keys])
        table: list[list[float]] = (rows @ rows.T).tolist()
        return table

    def keys(self) -> Iterator[str]:
        """Not to be had."""
        raise LibraryError(f"{type(self._store).__name__} cannot list what it holds")

    def refresh(self, generation: int) -> None:
        """Its own affair."""

    def close(self) -> None:
        """The caller opened it, the caller closes it."""
