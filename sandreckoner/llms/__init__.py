"""Every model behind one interface; `load_model` loads one by its specification.

load_model("local")                            the embedded model, in this process
load_model("llamacpp:qwen2.5-coder-0.5b")      its small sibling; or a path to any GGUF file
load_model("hf:Qwen/Qwen2.5-Coder-7B-Instruct")  a model of the Hugging Face hub, on a GPU where there is one
load_model("openai:gpt-5-mini")                an API, by LangChain's package for it
load_model(ChatAnthropic(…))                   any chat model of LangChain
ScriptedModel(["4"])                           scripted replies, for tests
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.llms.client.adapter import LangChainModel
    from sandreckoner.llms.fallback import FallbackModel
    from sandreckoner.llms.load import load_chat_model, load_model
    from sandreckoner.llms.local.huggingface import ChatHF
    from sandreckoner.llms.local.llamacpp import ChatGGUF
    from sandreckoner.llms.stored_replies import CachedModel, ReplayModel
    from sandreckoner.llms.weights.fetch import pull
    from sandreckoner.llms.weights.registry import model_rows
    from sandreckoner.settings.settings_model import Settings
    from sandreckoner.settings.user_settings import load_settings
    from sandreckoner.testing.scripted_model import ScriptedModel

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
    "CachedModel": "llms.stored_replies",
    "ChatGGUF": "llms.local.llamacpp",
    "ChatHF": "llms.local.huggingface",
    "FallbackModel": "llms.fallback",
    "LangChainModel": "llms.client.adapter",
    "ReplayModel": "llms.stored_replies",
    "ScriptedModel": "testing.scripted_model",
    "Settings": "settings.settings_model",
    "load_chat_model": "llms.load",
    "load_model": "llms.load",
    "load_settings": "settings.user_settings",
    "model_rows": "llms.weights.registry",
    "pull": "llms.weights.fetch",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"sandreckoner.{_HOME[name]}"), name)
