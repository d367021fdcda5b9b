"""LangChain retrievers and vector stores: as a library to search, or as the vector index of our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.core.problem import Passage
from sandreckoner.tools.retrieval.llama_index_store import LlamaIndexLibrary, llama_retriever
from sandreckoner.tools.retrieval.passages_only import PassagesOnly
from sandreckoner.tools.retrieval.vectors import LangChainEmbedder

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.vectorstores import VectorStore


class LangChainLibrary(PassagesOnly):
    """Performs `Search` on a LangChain retriever or vector store.

    A passage takes `source` and `page` from the document's metadata, and its offset from `start_index`,
    which LangChain's splitters write; where they are missing, a document is a source of its own.
    """

    def __init__(self, store: BaseRetriever | VectorStore) -> None:
        self._store: Any = store
        self._searches = _is_vector_store(store)

    def search(self, effect: Search) -> tuple[Passage, ...]:
        """The best passages for a query, at most `effect.k`."""
        try:
            if self._searches:
                found = self._store.similarity_search(effect.query, k=effect.k)
            else:
                found = self._store.invoke(effect.query)
        except Exception as fault:  # a stranger's store: whatever it raises becomes one line
            raise _in_one_line(self._store, fault) from fault
        return _passages(found, effect.k)

    async def asearch(self, effect: Search) -> tuple[Passage, ...]:
        """`search` for event loops."""
        try:
            if self._searches:
                found = await self._store.asimilarity_search(effect.query, k=effect.k)
            else:
                found = await self._store.ainvoke(effect.query)
        except Exception as fault:  # as above
            raise _in_one_line(self._store, fault) from fault
        return _passages(found, effect.k)


def as_library(given: Any, *, embedder: Any = None) -> Any:
    """What a caller gives as documents, as a library.

    Args:
        given: a library; a LangChain `BaseRetriever` or `VectorStore`; a retriever or an index of LlamaIndex;
            a path or several, which are read.
        embedder: for what is read from paths: LangChain `Embeddings`, or an `Embedder`.

    Raises:
        UsageError: it is none of these, or an embedder is given for what has its own.
        LibraryError: a path cannot be read.
    """
    if isinstance(given, str | Path | list | tuple):
        from sandreckoner.tools.retrieval.memory_library import open_library

        return open_library(given, embedder=embedder)
    if embedder is not None:
        raise UsageError("embedder: goes with paths to read; a library, an index or a retriever has its own")
    if given is None or (callable(getattr(given, "asearch", None)) and not _is_vector_store(given)):
        return given
    if (retriever := llama_retriever(given)) is not None:
        return LlamaIndexLibrary(retriever)
    if _is_vector_store(given) or callable(getattr(given, "_get_relevant_documents", None)):
        return LangChainLibrary(given)
    raise UsageError(
        f"library: {type(given).__name__} cannot be searched; pass open_library(path), an index, or a "
        "retriever or vector store of LangChain or LlamaIndex"
    )


def _is_vector_store(given: Any) -> bool:
    return callable(getattr(given, "similarity_search", None))


def _passages(documents: Sequence[Document], k: int) -> tuple[Passage, ...]:
    return tuple(_passage(document, at) for at, document in enumerate(documents[:k]))


def _passage(document: Document, at: int) -> Passage:
    known = document.metadata
    start, page = known.get("start_index", known.get("start")), known.get("page")
    start = start if isinstance(start, int) and start >= 0 else 0
    return Passage(
        document.page_content,
        str(known.get("source") or document.id or f"document {at + 1}"),
        page if isinstance(page, int) and page >= 1 else 1,
        start,
        start + len(document.page_content),
        score=1.0 / (at + 1),
        title=str(known.get("title") or ""),
    )


def _in_one_line(store: object, fault: Exception) -> LibraryError:
    return LibraryError(f"{type(store).__name__}: {' '.join(str(fault).split())[:300]}")


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

    def count(self) -> None:
        """Not supported by LangChain's interface."""

    def refresh(self, generation: int) -> None:
        """Does nothing: the store sees its own writes."""

    def close(self) -> None:
        """Does nothing: the caller opened the store and closes it."""
