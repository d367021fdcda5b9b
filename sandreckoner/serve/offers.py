"""What a server offers: names that clients see as models, each a strategy over a model and documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sandreckoner.chains.spec import parse_strategy
from sandreckoner.core.budget import Budget
from sandreckoner.core.errors import UsageError

DEFAULT = ("pal", "cot", "sc=sc(pal, n=5)", "figures")
_OFFER = re.compile(
    r"(?:(?P<name>[\w.-]+)=)?(?P<strategy>\w+(?:\(.*\))?)(?:/(?P<model>[^@;\s]+))?(?:@(?P<index>[^;\s]+))?"
    r"(?:\s*;(?P<limits>[\w\s=.,]+))?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of the list of models.

    Attributes:
        name: what clients call it. Short: some split names at commas.
        strategy: its specification.
        model: that it asks; empty for the server's.
        index: the documents that it searches; empty for those of whoever asks.
        budget: what one request may spend.
        trusted: whether it was named by whoever started the server.
    """

    name: str
    strategy: str
    model: str = ""
    index: str = ""
    budget: Budget = field(default_factory=Budget)
    trusted: bool = True


def read_offer(text: str, budget: Budget = Budget()) -> Offer:  # noqa: B008  # frozen
    """Read `[NAME=]STRATEGY[/MODEL][@INDEX][; calls=20, seconds=60]`.

    Raises:
        UsageError: it is written otherwise, or its strategy cannot be read.

    >>> read_offer("reports=figures@filings; calls=20")  # doctest: +ELLIPSIS
    Offer(name='reports', strategy='figures', model='', index='filings', budget=Budget(calls=20, ...
    """
    found = _OFFER.fullmatch(text.strip())
    if found is None:
        if text.count("(") != text.count(")"):
            raise UsageError(f"--offer {text!r}: its brackets do not match")
        raise UsageError(
            f"--offer {text!r}: write it like 'pal', 'careful=sc(pal, n=5)' or 'a=figures@INDEX'"
        )
    parse_strategy(found["strategy"])
    limits = lowered(budget, _limits(found["limits"] or ""))
    return Offer(
        found["name"] or found["strategy"],
        found["strategy"],
        found["model"] or "",
        found["index"] or "",
        limits,
    )


def read_offers(texts: Iterable[str], budget: Budget) -> dict[str, Offer]:
    """Read several, by name; none stands for `DEFAULT`.

    Raises:
        UsageError: one cannot be read, or two have the same name.
    """
    offers: dict[str, Offer] = {}
    for text in list(texts) or DEFAULT:
        offer = read_offer(text, budget)
        if offer.name in offers:
            raise UsageError(f"--offer: two are named {offer.name!r}; write NAME=STRATEGY")
        offers[offer.name] = offer
    return offers


def client_offer(spec: str, budget: Budget) -> Offer:
    """Return the offer of a specification that a client sent.

    Raises:
        UsageError: it cannot be read, or has dangers; see `parse_strategy`.
    """
    parse_strategy(spec, trusted=False)
    return Offer(spec, spec, budget=budget, trusted=False)


def lowered(budget: Budget, by: Mapping[str, float | None]) -> Budget:
    """Return the budget with each limit that another one has lower; none is raised.

    Raises:
        UsageError: a limit is not a positive number.
    """
    wanted = Budget(**by)  # type: ignore[arg-type]  # its own check names the fault
    tighter = {}
    for name in ("calls", "tokens", "usd", "seconds"):
        limits = [limit for limit in (getattr(budget, name), getattr(wanted, name)) if limit is not None]
        tighter[name] = min(limits, default=None)
    return replace(budget, **tighter)


def _limits(text: str) -> dict[str, float]:
    limits: dict[str, float] = {}
    for part in filter(str.strip, text.split(",")):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in ("calls", "tokens", "usd", "seconds") or not re.fullmatch(r"\d+(\.\d+)?", value):
            raise UsageError(
                f"--offer: {part.strip()!r} is no limit; write calls=, tokens=, usd= or seconds="
            )
        limits[name] = float(value) if "." in value or name in ("usd", "seconds") else int(value)
    return limits
