"""What users of LangChain import: chains, chat models, the retriever, the tools."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.chains.runnable import StrategyChain, chain
    from sandreckoner.langchain.retriever import LibraryEmbeddings, LibraryRetriever, LibraryTool
    from sandreckoner.llms.local.huggingface import ChatHF
    from sandreckoner.llms.local.llamacpp import ChatGGUF
    from sandreckoner.tools.python.tool import PythonTool

__all__ = [
    "ChatGGUF",
    "ChatHF",
    "LibraryEmbeddings",
    "LibraryRetriever",
    "LibraryTool",
    "PythonTool",
    "StrategyChain",
    "chain",
]

_HOME = {
    "ChatGGUF": "llms.local.llamacpp",
    "ChatHF": "llms.local.huggingface",
    "LibraryEmbeddings": "langchain.retriever",
    "LibraryRetriever": "langchain.retriever",
    "LibraryTool": "langchain.retriever",
    "PythonTool": "tools.python.tool",
    "StrategyChain": "chains.runnable",
    "chain": "chains.runnable",
}


def __getattr__(name: str) -> Any:
    # LangChain takes a second to import; nothing of it is imported before it is used.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"sandreckoner.{_HOME[name]}"), name)
