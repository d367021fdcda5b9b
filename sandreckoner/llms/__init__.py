"""Performs Ask: every model behind one interface. `load_model` is the way in.

load_model("local")                            the embedded model, in this process
load_model("llamacpp:qwen2.5-coder-0.5b")      its small sibling; or a path to any GGUF file
load_model("openai:gpt-5-mini")                an API, by LangChain's package for it
load_model(ChatAnthropic(…))                   any chat model of LangChain
ScriptedModel(["4"])                           replies written beforehand
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.llms.adapter import LangChainModel
    from sandreckoner.llms.cached import CachedModel
    from sandreckoner.llms.fallback import FallbackModel
    from sandreckoner.llms.fetching import pull
    from sandreckoner.llms.listing import model_rows
    from sandreckoner.llms.llamacpp import ChatGGUF
    from sandreckoner.llms.loading import load_chat_model, load_model
    from sandreckoner.llms.replayed import ReplayModel
    from sandreckoner.llms.scripted import ScriptedModel

__all__ = [
    "CachedModel",
    "ChatGGUF",
    "FallbackModel",
    "LangChainModel",
    "ReplayModel",
    "ScriptedModel",
    "load_chat_model",
    "load_model",
    "model_rows",
    "pull",
]

_HOME = {
    "CachedModel": "cached",
    "ChatGGUF": "llamacpp",
    "FallbackModel": "fallback",
    "LangChainModel": "adapter",
    "ReplayModel": "replayed",
    "ScriptedModel": "scripted",
    "load_chat_model": "loading",
    "load_model": "loading",
    "model_rows": "listing",
    "pull": "fetching",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
