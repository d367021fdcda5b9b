"""Everything of Sandreckoner as LangChain objects: chain, models, retriever, tools, middleware."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.chains.runnable import StrategyChain, chain
    from sandreckoner.langchain.checkpoints import CheckpointSerializer
    from sandreckoner.langchain.guard_middleware import BudgetMiddleware, SourcesMiddleware
    from sandreckoner.langchain.retriever import LibraryEmbeddings, LibraryRetriever, LibraryTool
    from sandreckoner.langchain.sandbox_middleware import SandboxMiddleware
    from sandreckoner.langchain.text_chat import TextChat
    from sandreckoner.langchain.vector_store import LibraryVectorStore
    from sandreckoner.llms.local.huggingface import ChatHF
    from sandreckoner.llms.local.llamacpp import ChatGGUF
    from sandreckoner.tools.python.tool import PythonTool
    from sandreckoner.tools.retrieval.langchain_stores import LangChainVectors
    from sandreckoner.tools.retrieval.vectors import LangChainEmbedder

__all__ = [
    "BudgetMiddleware",
    "ChatGGUF",
    "ChatHF",
    "CheckpointSerializer",
    "LangChainEmbedder",
    "LangChainVectors",
    "LibraryEmbeddings",
    "LibraryRetriever",
    "LibraryTool",
    "LibraryVectorStore",
    "PythonTool",
    "SandboxMiddleware",
    "SourcesMiddleware",
    "StrategyChain",
    "TextChat",
    "chain",
]

_MODULES = {
    "BudgetMiddleware": "langchain.guard_middleware",
    "ChatGGUF": "llms.local.llamacpp",
    "ChatHF": "llms.local.huggingface",
    "CheckpointSerializer": "langchain.checkpoints",
    "LangChainEmbedder": "tools.retrieval.vectors",
    "LangChainVectors": "tools.retrieval.langchain_stores",
    "LibraryEmbeddings": "langchain.retriever",
    "LibraryRetriever": "langchain.retriever",
    "LibraryTool": "langchain.retriever",
    "LibraryVectorStore": "langchain.vector_store",
    "PythonTool": "tools.python.tool",
    "SandboxMiddleware": "langchain.sandbox_middleware",
    "SourcesMiddleware": "langchain.guard_middleware",
    "StrategyChain": "chains.runnable",
    "TextChat": "langchain.text_chat",
    "chain": "chains.runnable",
}


def __getattr__(name: str) -> Any:
    # LangChain takes a second to import, so a name is imported when it is first used.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"sandreckoner.{_MODULES[name]}"), name)
