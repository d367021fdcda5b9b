"""Documents in, cited passages out: load, split, embed, index, search."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.document_index import Index
    from sandreckoner.tools.retrieval.index_registry import cached_library, open_index
    from sandreckoner.tools.retrieval.indexing import IndexReport
    from sandreckoner.tools.retrieval.llama_index_store import llama_index_retriever
    from sandreckoner.tools.retrieval.memory_library import MemoryLibrary, open_library
    from sandreckoner.tools.retrieval.minilm import load_minilm
    from sandreckoner.tools.retrieval.search import SearchOptions
    from sandreckoner.tools.retrieval.sql_rows import sql_rows
    from sandreckoner.tools.retrieval.verify import repair, verify
    from sandreckoner.tools.retrieval.web_page import web_page

__all__ = [
    "Index",
    "IndexReport",
    "MemoryLibrary",
    "SearchOptions",
    "cached_library",
    "llama_index_retriever",
    "load_minilm",
    "open_index",
    "open_library",
    "repair",
    "sql_rows",
    "verify",
    "web_page",
]

_HOME = {
    "Index": "document_index",
    "IndexReport": "indexing",
    "MemoryLibrary": "memory_library",
    "SearchOptions": "search",
    "cached_library": "index_registry",
    "llama_index_retriever": "llama_index_store",
    "load_minilm": "minilm",
    "open_index": "index_registry",
    "open_library": "memory_library",
    "repair": "verify",
    "sql_rows": "sql_rows",
    "verify": "verify",
    "web_page": "web_page",
}


def __getattr__(name: str) -> Any:
    # Imported when first used: a question without documents needs none of the readers and indexes.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found  # over the module `verify`, which the import has just put there
    return found
