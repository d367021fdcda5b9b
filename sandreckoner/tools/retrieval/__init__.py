"""Documents in, cited passages out: load, split, embed, index, search."""

from __future__ import annotations

from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.index_registry import cached_library, open_index
from sandreckoner.tools.retrieval.indexing import IndexReport
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary, open_library
from sandreckoner.tools.retrieval.minilm import load_minilm
from sandreckoner.tools.retrieval.search import SearchOptions
from sandreckoner.tools.retrieval.verify import repair, verify

__all__ = [
    "Index",
    "IndexReport",
    "MemoryLibrary",
    "SearchOptions",
    "cached_library",
    "load_minilm",
    "open_index",
    "open_library",
    "repair",
    "verify",
]
