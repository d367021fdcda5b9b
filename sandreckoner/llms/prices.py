"""What tokens cost, from a table that the user keeps; what is not in it is unknown, and never 0.

The table is `$XDG_CONFIG_HOME/sandreckoner/prices.json`, in US dollars for a million tokens:

    {"openai:gpt-5-mini": {"input": 0.25, "output": 2.00}}

None comes with the package: prices change, and a stale one is worse than none.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float

    def __post_init__(self) -> None:
        for value in (self.input, self.output):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise UsageError(f"a price is a number of dollars for a million tokens, not {value!r}")


FREE = Price(0.0, 0.0)


def charged(completion: Completion, price: Price | None) -> Completion:
    """The completion with its cost; None where the price is unknown."""
    used = completion.usage
    usd = (
        None if price is None else (used.input_tokens * price.input + used.output_tokens * price.output) / 1e6
    )
    return replace(completion, usage=replace(used, usd=usd))


def table_path() -> Path:
    """Where the table lies."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "sandreckoner" / "prices.json"


def price_of(spec: str) -> Price | None:
    """The price of a model, None where the table has none.

    Raises:
        UsageError: the table cannot be read.
    """
    path = table_path()
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"the prices in {path} cannot be read: {fault}") from None
    entry = table.get(spec) if isinstance(table, dict) else None
    if entry is None:
        return None
    if not isinstance(entry, dict) or set(entry) != {"input", "output"}:
        raise UsageError(f'{path}: write the price of {spec} as {{"input": DOLLARS, "output": DOLLARS}}')
    return Price(entry["input"], entry["output"])
