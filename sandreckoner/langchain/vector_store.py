"""An index as a LangChain vector store: what takes a `VectorStore` searches by words and vectors."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Passage
from sandreckoner.langchain.retriever import as_document
from sandreckoner.tools.retrieval.document import Document as Stored
from sandreckoner.tools.retrieval.document_index import Index


class LibraryVectorStore(VectorStore):
    """An `Index` as a vector store: `LibraryVectorStore(Index(folder, embedder=…))`.

    Texts that are added are documents of the index, kept with their metadata; a long one is found by its
    passages. Files that `Index.add` has read are found too. `sources=` of a search names documents.
    """

    def __init__(self, index: Index) -> None:
        self.index = index

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **_: Any,
    ) -> list[str]:
        """Add texts, or replace those of the same ids."""
        texts = list(texts)
        known = [each or str(uuid.uuid4()) for each in ids or [""] * len(texts)]
        about = metadatas or [{} for _ in texts]
        stored = {each: _stored(each, text, of) for each, text, of in zip(known, texts, about, strict=True)}
        self.index.put(stored.values())
        return known

    def delete(self, ids: list[str] | None = None, **_: Any) -> bool:
        """Remove texts; unknown ids are passed over."""
        if ids is None:
            raise UsageError("delete: say which ids; `Index.remove(['*'])` removes everything")
        self.index.discard(ids)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The texts of these ids; unknown ones are passed over."""
        return [
            Document(page_content=self.index.page(each), id=each, metadata=known)
            for each in ids
            if (known := self.index.store.metadata(each)) is not None
        ]

    def similarity_search(self, query: str, k: int = 4, **options: Any) -> list[Document]:
        """The `k` passages that best answer a query."""
        return [document for document, _ in self.similarity_search_with_score(query, k, **options)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, *, diversity: float = 0.0, sources: Sequence[str] = (), **_: Any
    ) -> list[tuple[Document, float]]:
        """The `k` passages that best answer a query, with their scores: larger is better."""
        options = replace(
            self.index.options, diversity=diversity, sources=tuple(sources), route=False, statements=False
        )
        found = self.index.search(Search(query, k), options=options)
        return [(self._document(passage), passage.score) for passage in found]

    def _similarity_search_with_relevance_scores(
        self, query: str, k: int = 4, **options: Any
    ) -> list[tuple[Document, float]]:
        found = self.similarity_search_with_score(query, k, **options)
        return [(document, min(max(score, 0.0), 1.0)) for document, score in found]

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **options: Any
    ) -> list[Document]:
        """Passages that are relevant and unlike each other."""
        return self.similarity_search(query, k, diversity=1 - lambda_mult, **options)

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        folder: str | Path = "",
        **_: Any,
    ) -> LibraryVectorStore:
        """Make an index in a folder, with these texts."""
        if not folder:
            raise UsageError("from_texts: say where the index is kept, folder='…'")
        store = cls(Index(folder, embedder=embedding))
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def _document(self, passage: Passage) -> Document:
        known = self.index.store.metadata(passage.source)
        if known is None:
            return as_document(passage)
        if passage.text == self.index.page(passage.source):
            return Document(page_content=passage.text, id=passage.source, metadata=known)
        part = as_document(passage)
        return Document(page_content=part.page_content, id=part.id, metadata={**part.metadata, **known})


def _stored(name: str, text: str, metadata: dict[str, Any]) -> Stored:
    try:
        record = json.dumps(metadata, sort_keys=True)
    except (TypeError, ValueError) as fault:
        raise UsageError(f"add_texts: metadata is kept as JSON ({fault})") from None
    digest = hashlib.sha256(f"{record}\n{text}".encode()).hexdigest()
    return Stored(name, f"text:{name}", "", (text,), digest, metadata=json.loads(record))
