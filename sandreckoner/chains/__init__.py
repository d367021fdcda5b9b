"""Prompting methods and inference strategies, and `chain`, which makes a LangChain Runnable of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandreckoner.chains.runnable import StrategyChain, chain

__all__ = ["StrategyChain", "chain"]


def __getattr__(name: str) -> Any:
    # LangChain takes a second to import; code that only composes strategies does not need it.
    if name in __all__:
        from sandreckoner.chains import runnable

        return getattr(runnable, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
