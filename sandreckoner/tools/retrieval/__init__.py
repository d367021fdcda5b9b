"""Documents in, cited passages out: load, split, embed, index, search, fuse."""

from __future__ import annotations

from sandreckoner.tools.retrieval.document_cache import remembered_library
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.index_registry import named_index
from sandreckoner.tools.retrieval.indexing import Added
from sandreckoner.tools.retrieval.memory_library import MemoryLibrary, open_library
from sandreckoner.tools.retrieval.minilm import load_minilm
from sandreckoner.tools.retrieval.search import SearchOptions
from sandreckoner.tools.retrieval.verify import repair, verify

__all__ = [
    "Added",
    "Index",
    "MemoryLibrary",
    "SearchOptions",
    "load_minilm",
    "named_index",
    "open_library",
    "remembered_library",
    "repair",
    "verify",
]
