"""Facts of a run as text: the source of a number, a price, a line cut to fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len, set_cell_size

from sandreckoner.cli.render.readable import readable_seconds
from sandreckoner.cli.render.visible import visible
from sandreckoner.core.answer import Answer, NumberSource
from sandreckoner.core.message import Usage


def one_line(text: str, width: int = 90) -> str:
    """A text in one line of at most `width` columns; wide characters count two."""
    flat = visible(" ".join(text[: 8 * width].split()))
    if cell_len(flat) <= width and len(text) <= 8 * width:
        return flat
    return set_cell_size(flat, width - 1).rstrip() + "…"


def plural(count: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def looked_at(answer: Answer, documents: Iterable[Any]) -> str:
    """How much of each document the model was shown; empty where nothing is known of that."""
    shown = Counter(passage.source for passage in (answer.winner.evidence if answer.winner else ()))
    sizes = {document.source: document.chunks for document in documents}
    parts = [f"{count:,} of {plural(sizes[name], 'passage')} of {visible(name)}"
             for name, count in shown.items() if name in sizes]  # fmt: skip
    return f"looked at {', '.join(parts)}" if parts else ""


def is_placed(source: NumberSource) -> bool:
    """Whether it stands on a page of a document."""
    return source.origin in ("table", "passage") and bool(source.passages)


def describe_source(source: NumberSource) -> str:
    """Where a number came from, in one line."""
    note = f" ({plain(source.note)})" if source.note else ""
    if is_placed(source):
        first = source.passages[0]
        at = f" at {source.box[0]:.0f},{source.box[1]:.0f}" if source.box else ""
        # The note names the row: the quote need not say it again.
        quote = first.text if source.note.startswith("row “") else source.quote
        return f"{visible(first.source)} p. {first.page}{at}, “{plain(quote)}”{note}"
    if source.origin == "question":
        return f"the question, “{plain(source.quote)}”{note}"
    if source.origin == "constant":
        return f"constant: {plain(source.note)}"
    return f"unsourced{note}"


def plain(markdown: str) -> str:
    """A quote from a table without the table's bars and stars."""
    return visible(" ".join(markdown.replace("**", "").replace("|", " ").split()))


def price(usage: Usage) -> str:
    """What it cost; empty where it cost nothing."""
    return "price unknown" if usage.usd is None else f"${usage.usd:.4f}" if usage.usd else ""


def status_line(answer: Answer, strategy: str, left: str = "") -> str:
    """Strategy, calls, tokens, cost, seconds, what is left of the budget, confidence."""
    parts = [
        strategy,
        plural(answer.usage.calls, "call"),
        f"{answer.usage.tokens:,} tokens",
        price(answer.usage),
        readable_seconds(answer.seconds),
        left,
        f"confidence {answer.confidence:.2f}" if answer.confidence is not None else "",
    ]
    return " · ".join(part for part in parts if part)
