"""What a provider charges and allows: prices of tokens, and rate limits.

The package ships no prices: they change, and an outdated one is worse than none. A price that is not set is
unknown, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt

from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion

Dollars = Annotated[float, Ge(0)]
AtLeastOne = Annotated[int, Gt(0)]


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    input: Dollars
    output: Dollars

    def __post_init__(self) -> None:
        for value in (self.input, self.output):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise UsageError(f"a price must be a number of dollars per million tokens, not {value!r}")


FREE = Price(0.0, 0.0)


def with_cost(completion: Completion, price: Price | None) -> Completion:
    """The completion with its cost; None where the price is unknown."""
    used = completion.usage
    usd = (
        None if price is None else (used.input_tokens * price.input + used.output_tokens * price.output) / 1e6
    )
    return replace(completion, usage=replace(used, usd=usd))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows one account; None for no limit.

    Attributes:
        requests_per_minute: in any sixty seconds.
        tokens_per_minute: of prompts and replies, in any sixty seconds.
        at_once: concurrent requests.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    requests_per_minute: AtLeastOne | None = None
    tokens_per_minute: AtLeastOne | None = None
    at_once: AtLeastOne | None = None

    def __post_init__(self) -> None:
        for name in ("requests_per_minute", "tokens_per_minute", "at_once"):
            limit = getattr(self, name)
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
                raise UsageError(f"limits: {name} must be a whole number, 1 or more, not {limit!r}")
