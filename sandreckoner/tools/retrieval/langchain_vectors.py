"""A vector index in any LangChain vector store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.tools.retrieval.embedder import LangChainEmbedder

if TYPE_CHECKING:
    from langchain_core.vectorstores import VectorStore

_BATCH = 1_000


class LangChainVectors:
    """A `VectorIndex` in a LangChain vector store, with the store's own embeddings and our keys as ids.

    The store must return the ids it was given (`Document.id`), as LangChain's interface requires. It cannot
    list its ids, so `verify` cannot check it. Concurrent writers are the store's responsibility.
    """

    def __init__(self, store: VectorStore) -> None:
        self._store = store

    def add(self, texts: Mapping[str, str]) -> None:
        """Add texts to the store."""
        keys, values = list(texts), list(texts.values())
        for first in range(0, len(keys), _BATCH):
            some = slice(first, first + _BATCH)
            self._store.add_texts(values[some], ids=keys[some])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete texts from the store."""
        self._store.delete(list(keys))

    def nearest(
        self, question: str, *, k: int, among: Sequence[str] | None = None, feedback: float = 0.0
    ) -> dict[str, float]:
        """The `k` nearest keys, scored by rank because stores differ in what their scores mean.

        A store has no filter by id, so ten times as many are requested and then filtered. It does not return
        vectors, so `feedback` is ignored.
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

    def similarities(self, keys: Sequence[str]) -> Sequence[Sequence[float]]:
        """The cosines between texts, which are embedded again: a store does not return its vectors.

        Raises:
            UsageError: the store has no embeddings.
        """
        if self._store.embeddings is None:
            raise UsageError(f"{type(self._store).__name__} has no embeddings; search with diversity=0")
        texts = {document.id: document.page_content for document in self._store.get_by_ids(list(keys))}
        rows = LangChainEmbedder(self._store.embeddings).documents([texts[key] for key in keys])
        table: list[list[float]] = (rows @ rows.T).tolist()
        return table

    def keys(self) -> Iterator[str]:
        """Not supported by LangChain's interface.

        Raises:
            LibraryError: always.
        """
        raise LibraryError(f"{type(self._store).__name__} cannot list what it holds")

    def refresh(self, generation: int) -> None:
        """Does nothing: the store sees its own writes."""

    def close(self) -> None:
        """Does nothing: the caller opened the store and closes it."""
