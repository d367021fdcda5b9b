"""What the user has configured: models, limits, prices and keys, each value with its origin."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.settings.prices_and_limits import Price
    from sandreckoner.settings.settings_model import Settings
    from sandreckoner.settings.user_settings import load_settings

__all__ = ["Price", "Settings", "load_settings"]

_HOME = {"Price": "prices_and_limits", "Settings": "settings_model", "load_settings": "user_settings"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
