"""LangChain and LlamaIndex with their defaults, over the same stored pages as our index.

Both use a paid embedding service by default; here they get our embedder, so that only the splitting and the
search differ. `pip install 'sandreckoner[bench]'` installs them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

from datasets import Dataset, Query
from langchain_core.documents import Document

from sandreckoner.core.problem import Passage
from sandreckoner.langchain.retriever import LibraryEmbeddings
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.vectors import Embedder

Finder = Callable[[Query], Sequence[Passage]]
K = 40


def pages_of(index: Index) -> list[Document]:
    """Every stored page, with its source and number."""
    return [
        Document(index.page(entry.source, number), metadata={"source": entry.source, "page": number})
        for entry in index.documents
        for number in range(1, entry.pages + 1)
    ]


def langchain_bm25(dataset: Dataset, index: Index) -> Finder:
    """`BM25Retriever.from_documents` over `RecursiveCharacterTextSplitter(800, 100)`, or the paragraphs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_community.retrievers import BM25Retriever

    retriever = BM25Retriever.from_documents(_split(dataset, index, size=800, overlap=100), k=K)
    return lambda query: [_from_langchain(found) for found in retriever.invoke(query.text)]


def langchain_vectors(dataset: Dataset, index: Index, embedder: Embedder) -> Finder:
    """`InMemoryVectorStore` over `RecursiveCharacterTextSplitter(1000, 200)`, as its tutorial has it."""
    from langchain_core.vectorstores import InMemoryVectorStore

    store = InMemoryVectorStore(LibraryEmbeddings(embedder))
    store.add_documents(_split(dataset, index, size=1000, overlap=200))
    return lambda query: [_from_langchain(found) for found in store.similarity_search(query.text, k=K)]


def llamaindex_vectors(index: Index, embedder: Embedder) -> Finder:
    """`VectorStoreIndex.from_documents` with its default splitter (1,024 tokens, 200 overlapping)."""
    from llama_index.core import Settings, VectorStoreIndex
    from llama_index.core.bridge.pydantic import PrivateAttr
    from llama_index.core.embeddings import BaseEmbedding

    class Ours(BaseEmbedding):
        _embedder: Embedder = PrivateAttr()

        def _get_query_embedding(self, query: str) -> list[float]:
            return embedder.query(query).tolist()

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return embedder.documents(texts).tolist()

    Settings.llm = None
    store = VectorStoreIndex(_nodes(index), embed_model=Ours(embed_batch_size=128))
    retriever = store.as_retriever(similarity_top_k=K)
    return lambda query: [_from_llamaindex(found.node) for found in retriever.retrieve(query.text)]


def llamaindex_bm25(index: Index) -> Finder:
    """Its `BM25Retriever.from_defaults` over the same chunks."""
    from llama_index.retrievers.bm25 import BM25Retriever

    nodes = _nodes(index)
    retriever = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=min(K, len(nodes)))
    return lambda query: [_from_llamaindex(found.node) for found in retriever.retrieve(query.text)]


def _split(dataset: Dataset, index: Index, *, size: int, overlap: int) -> list[Document]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    pages = pages_of(index)
    if not dataset.files and dataset.by_page:
        return pages
    splitter = RecursiveCharacterTextSplitter(chunk_size=size, chunk_overlap=overlap, add_start_index=True)
    return splitter.split_documents(pages)


def _nodes(index: Index) -> list:  # type: ignore[type-arg]
    from llama_index.core import Document as Text
    from llama_index.core.node_parser import SentenceSplitter

    texts = [
        Text(
            text=page.page_content,
            metadata=page.metadata,
            excluded_embed_metadata_keys=["source", "page"],
        )
        for page in pages_of(index)
        if page.page_content.strip()
    ]
    return SentenceSplitter().get_nodes_from_documents(texts)


def _from_langchain(found: Document) -> Passage:
    start = found.metadata.get("start_index", 0)
    place = found.metadata["source"], found.metadata["page"]
    return Passage(found.page_content, *place, start, start + len(found.page_content))


def _from_llamaindex(node) -> Passage:  # type: ignore[no-untyped-def]
    start = node.start_char_idx or 0
    return Passage(node.text, node.metadata["source"], node.metadata["page"], start, start + len(node.text))
