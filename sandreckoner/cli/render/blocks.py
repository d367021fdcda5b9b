"""The parts of a shown answer: program, output, numbers and their sources; control characters are shown."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from sandreckoner.cli.render.console_style import ConsoleStyle
from sandreckoner.cli.render.phrases import describe_source, one_line
from sandreckoner.cli.render.place_numbers import place_numbers
from sandreckoner.cli.render.run_tree import Node
from sandreckoner.cli.render.visible import visible
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.execution import Execution
from sandreckoner.reading.programs import mended

STYLE = {"table": "green", "passage": "green", "question": "cyan", "constant": "dim", "unsourced": "bold red"}

_MARK_STYLE = {
    "pruned": "dim",
    "dead end": "dim red",
    "winner": "bold green",
    "failed": "red",
    "unsourced": "bold red",
}
_SIGN = {"winner": "★ ", "pruned": "✂ ", "dead end": "✗ ", "failed": "✗ ", "unsourced": "! "}


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


def tree_lines(node: Node, width: int, *, plain: bool = False) -> list[Text]:
    """The tree, one line a node, each at most `width` columns wide."""
    lines = [_tree_line(node, "", width, plain)] if node.label else []
    return [*lines, *_tree_below(node, "", width, plain)]


def _tree_below(node: Node, guide: str, width: int, plain: bool) -> Iterator[Text]:
    for place, below in enumerate(node.children):
        last = place == len(node.children) - 1
        if plain:
            # A screen reader would spell every guide out.
            yield _tree_line(below, guide + "  ", width, plain)
            yield from _tree_below(below, guide + "  ", width, plain)
            continue
        yield _tree_line(below, guide + ("└─ " if last else "├─ "), width, plain)
        yield from _tree_below(below, guide + ("   " if last else "│  "), width, plain)


def _tree_line(node: Node, guide: str, width: int, plain: bool) -> Text:
    value = f"  {node.value:.2f}" if node.value is not None else ""
    sign = f"{node.mark}: " if plain and node.mark else "" if plain else _SIGN.get(node.mark, "")
    room = max(8, width - len(guide) - len(value) - len(sign))
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(guide, style="dim")
    line.append(sign + one_line(node.label, room), style=_MARK_STYLE.get(node.mark, ""))
    line.append(value, style="cyan")
    return line
