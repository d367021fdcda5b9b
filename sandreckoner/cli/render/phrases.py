"""Facts of a run as text: the source of a number, a price, a line cut to fit."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from sandreckoner.cli.render.readable import readable_seconds
from sandreckoner.core.answer import Answer, NumberSource
from sandreckoner.core.message import Usage

# Shown instead of executed: an escape sequence of a model or a document could move the cursor, rename the
# window or hide text, and a bidirectional override could show digits in another order than they have.
_UNSEEN = {code: 0x2400 + code for code in range(32) if code not in (9, 10)}
_UNSEEN |= dict.fromkeys((0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)


def visible(text: str) -> str:
    """An untrusted text with its control characters made visible."""
    return text.replace("\r\n", "\n").translate(_UNSEEN)


def one_line(text: str, width: int = 90) -> str:
    """A text in one line of at most `width` columns; wide characters count two."""
    flat = visible(" ".join(text[: 8 * width].split()))
    if cell_len(flat) <= width and len(text) <= 8 * width:
        return flat
    return set_cell_size(flat, width - 1).rstrip() + "…"


def plural(count: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


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
