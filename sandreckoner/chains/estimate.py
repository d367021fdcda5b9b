"""The most completions that a method or a strategy may ask for, told before anything is asked."""

from __future__ import annotations

from sandreckoner.chains.method import Method, Strategy


def method_calls(method: Method, n: int) -> int:
    """The most completions that `n` candidates of a method may take; `n` where the method does not say."""
    calls = getattr(method, "calls", None)
    return int(calls(n)) if callable(calls) else n


def strategy_calls(strategy: Strategy) -> int:
    """The most completions that a strategy may ask for; 1 where it does not say."""
    return int(getattr(strategy, "calls", 1))
