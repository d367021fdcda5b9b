"""Performs Ask: every model behind one interface. `load_model` is the way in.

load_model("local")                            the embedded model, in this process
load_model("llamacpp:qwen2.5-coder-0.5b")      its small sibling; or a path to any GGUF file
load_model("hf:Qwen/Qwen2.5-Coder-7B-Instruct")  a model of the Hugging Face hub, on a GPU where there is one
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
    from sandreckoner.llms.huggingface import ChatHF
    from sandreckoner.llms.listing import model_rows
    from sandreckoner.llms.llamacpp import ChatGGUF
    from sandreckoner.llms.loading import load_chat_model, load_model
    from sandreckoner.llms.replayed import ReplayModel
    from sandreckoner.llms.scripted import ScriptedModel
    from sandreckoner.llms.settings import Settings, load_settings

__all__ = [
    "CachedModel",
    "ChatGGUF",
    "ChatHF",
    "FallbackModel",
    "LangChainModel",
    "ReplayModel",
    "ScriptedModel",
    "Settings",
    "load_chat_model",
    "load_model",
    "load_settings",
    "model_rows",
    "pull",
]

_HOME = {
    "CachedModel": "cached",
    "ChatGGUF": "llamacpp",
    "ChatHF": "huggingface",
    "FallbackModel": "fallback",
    "LangChainModel": "adapter",
    "ReplayModel": "replayed",
    "ScriptedModel": "scripted",
    "Settings": "settings",
    "load_chat_model": "loading",
    "load_model": "loading",
    "load_settings": "settings",
    "model_rows": "listing",
    "pull": "fetching",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
