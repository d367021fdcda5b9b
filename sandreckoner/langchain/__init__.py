"""Everything of Sandreckoner as LangChain objects: chain, chat models, retriever, tools, embeddings."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.chains.runnable import StrategyChain, chain
    from sandreckoner.langchain.retriever import LibraryEmbeddings, LibraryRetriever, LibraryTool
    from sandreckoner.llms.local.huggingface import ChatHF
    from sandreckoner.llms.local.llamacpp import ChatGGUF
    from sandreckoner.tools.python.tool import PythonTool
    from sandreckoner.tools.retrieval.embedder import LangChainEmbedder
    from sandreckoner.tools.retrieval.langchain_vectors import LangChainVectors

__all__ = [
    "ChatGGUF",
    "ChatHF",
    "LangChainEmbedder",
    "LangChainVectors",
    "LibraryEmbeddings",
    "LibraryRetriever",
    "LibraryTool",
    "PythonTool",
    "StrategyChain",
    "chain",
]

_MODULES = {
    "ChatGGUF": "llms.local.llamacpp",
    "ChatHF": "llms.local.huggingface",
    "LangChainEmbedder": "tools.retrieval.embedder",
    "LangChainVectors": "tools.retrieval.langchain_vectors",
    "LibraryEmbeddings": "langchain.retriever",
    "LibraryRetriever": "langchain.retriever",
    "LibraryTool": "langchain.retriever",
    "PythonTool": "tools.python.tool",
    "StrategyChain": "chains.runnable",
    "chain": "chains.runnable",
}


def __getattr__(name: str) -> Any:
    # LangChain takes a second to import, so a name is imported when it is first used.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"sandreckoner.{_MODULES[name]}"), name)
