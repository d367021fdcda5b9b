"""The most completions that a form or a strategy may ask for, told before anything is asked."""

from __future__ import annotations

from sandreckoner.chains.method import Form, Strategy


def form_calls(form: Form, n: int) -> int:
    """The most completions that `n` candidates of a form may take; `n` where the form does not say."""
    calls = getattr(form, "calls", None)
    return int(calls(n)) if callable(calls) else n


def strategy_calls(strategy: Strategy) -> int:
    """The most completions that a strategy may ask for; 1 where it does not say."""
    return int(getattr(strategy, "calls", 1))
