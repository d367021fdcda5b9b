"""The parts of a shown answer: program, output, numbers, sources, prices; control characters are shown.

The numbers `[n]` of the places an answer stands on are the same in program, answer and list of sources.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from sandreckoner.cli.render.console_style import ConsoleStyle, visible
from sandreckoner.core.answer import Answer, Candidate, NumberSource
from sandreckoner.core.budget import Usage
from sandreckoner.core.execution import Execution
from sandreckoner.core.problem import Passage
from sandreckoner.reading.programs import mended


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
    winner = answer.winner or Candidate(None)
    tables = Counter(table.document for table in winner.tables)
    passages = Counter(passage.source for passage in winner.evidence)
    sizes = {document.source: document.chunks for document in documents}
    parts = []
    for name in dict.fromkeys([*tables, *passages]):
        of_it = [plural(tables[name], "table")] if tables[name] else []
        if name in passages and name in sizes:
            of_it.append(f"{passages[name]:,} of {plural(sizes[name], 'passage')}")
        if name in sizes:
            parts.append(f"{' and '.join(of_it)} of {visible(name)}")
    return f"looked at {', '.join(parts)}" if parts else ""


def is_placed(source: NumberSource) -> bool:
    """Whether it stands on a page of a document."""
    return source.origin in ("table", "passage") and bool(source.passages)


def describe_source(source: NumberSource) -> str:
    """Where a number came from, in one line."""
    note = f" ({_bare(source.note)})" if source.note else ""
    if is_placed(source):
        first = source.passages[0]
        at = f" at {source.box[0]:.0f},{source.box[1]:.0f}" if source.box else ""
        # The note names the row: the quote need not say it again.
        quote = first.text if source.note.startswith("row “") else source.quote
        said = f"{first.source} p. {first.page}{at}, “{_bare(quote)}”{note}"
    elif source.origin == "question":
        said = f"the question, “{_bare(source.quote)}”{note}"
    elif source.origin == "constant":
        said = f"constant: {_bare(source.note)}"
    else:
        said = f"unsourced{note}"
    return visible(said)


def _bare(markdown: str) -> str:
    """A quote from a table without the table's bars and stars."""
    return " ".join(markdown.replace("**", "").replace("|", " ").split())


def price(usage: Usage) -> str:
    """What it cost; empty where it cost nothing."""
    return "price unknown" if usage.usd is None else f"${usage.usd:.4f}" if usage.usd else ""


def readable_seconds(seconds: float) -> str:
    """A span of time: seconds up to 90, then minutes, then hours."""
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


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


STYLE = {"table": "green", "passage": "green", "question": "cyan", "constant": "dim", "unsourced": "bold red"}


def program(code: str, style: ConsoleStyle, title: str = "program") -> RenderableType:
    """A program below its title, without a frame: it is there to be copied."""
    code = visible(code.rstrip())
    if style.plain:
        return Text(f"{title}:\n{code}")
    shown = Syntax(code, "python", theme=style.theme, word_wrap=True, background_color="default")
    return Group(Text(f"── {title}", style="blue"), shown)


def prose(text: str, style: ConsoleStyle, title: str, colour: str = "") -> RenderableType:
    """A text in a panel."""
    text = visible(text.strip())
    if style.plain:
        return Text(f"{title}:\n{text}")
    return Panel(Text(text), title=title, title_align="left", style=colour, border_style=colour or "dim")


def execution(done: Execution, style: ConsoleStyle) -> Iterator[RenderableType]:
    """What a program printed, and why it did not finish."""
    if done.stdout:
        yield prose(done.stdout.rstrip(), style, f"output{' (cut)' if done.truncated else ''}")
    if done.error is not None:
        said = f"{done.error.traceback}\n{done.error.type}: {done.error.message}".strip()
        yield prose(said, style, done.status, "red")


def work(candidate: Candidate | None, style: ConsoleStyle) -> Iterator[RenderableType]:
    """How an answer was found: its program and what came of it, or its reasoning."""
    if candidate is None:
        return
    if not candidate.program:
        yield prose(candidate.reasoning.strip() or "(nothing)", style, "reasoning")
        return
    yield program(candidate.program, style)
    if words := mended(candidate.repairs):
        yield Text(f"mended before it ran: {'; '.join(map(visible, words))}", style="yellow")
    if candidate.execution is not None:
        yield from execution(candidate.execution, style)


def sources(answer: Answer) -> Iterator[RenderableType]:
    """One line for each number, with the page of a document that it is on, and one for each quote."""
    for source, number in zip(answer.sources, place_numbers(answer), strict=True):
        line = Text()
        line.append(visible(source.text), style="bold")
        line.append(" ← ")
        line.append(describe_source(source), style=STYLE[source.origin])
        yield _hanging(f"[{number}]" if number else "", line)
    for remark in answer.remarks:
        yield _hanging("!", Text(visible(remark), style="yellow"))
    for citation in answer.citations:
        first = citation.passages[0] if citation.passages else None
        line = Text(f"{visible(first.source)} p. {first.page}" if first else "nowhere")
        if citation.quote:
            line.append(f", “{visible(citation.quote)}”")
        if citation.status != "found":
            line.append(f" ({citation.status})", style="bold red")
        yield _hanging(f"[{citation.number}]", line)


def _hanging(number: str, line: Text) -> RenderableType:
    """A numbered line whose continuations stand below its beginning."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=5, justify="right")
    grid.add_column()
    grid.add_row(Text(number), line)
    return grid


def place_numbers(answer: Answer) -> tuple[int | None, ...]:
    """Return for each of an answer's sources the number of its passage; None for one that has no place.

    A passage has the number under which the model was shown it and cites it. Pages that no passage shows, of
    tables, follow those that are used, in the order of the program.
    """
    evidence = answer.winner.evidence if answer.winner else ()
    firsts = [source.passages[0] if is_placed(source) else None for source in answer.sources]
    shown = [
        next((n for n, passage in enumerate(evidence, 1) if first and holds(passage, first)), None)
        for first in firsts
    ]
    used = max((n for n in shown if n), default=0)
    others: dict[tuple[str, int], int] = {}
    return tuple(
        n or (others.setdefault((first.source, first.page), used + len(others) + 1) if first else None)
        for n, first in zip(shown, firsts, strict=True)
    )


def marks(answer: Answer) -> tuple[int, ...]:
    """Return the numbers of the places that an answer stands on, each once, in the order of the program."""
    return tuple(dict.fromkeys(number for number in place_numbers(answer) if number is not None))


def holds(passage: Passage, span: Passage) -> bool:
    """Whether a passage contains a span of its page."""
    same = (span.source, span.page) == (passage.source, passage.page)
    return same and passage.start <= span.start < span.end <= passage.end
