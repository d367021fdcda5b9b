"""A tree of nodes as lines of text with guides, for the screen."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from sandreckoner.cli.render.phrases import one_line
from sandreckoner.cli.render.run_tree import Node

_STYLE = {
    "pruned": "dim",
    "dead end": "dim red",
    "winner": "bold green",
    "failed": "red",
    "unsourced": "bold red",
}
_SIGN = {"winner": "★ ", "pruned": "✂ ", "dead end": "✗ ", "failed": "✗ ", "unsourced": "! "}


def tree_lines(node: Node, width: int, *, plain: bool = False) -> list[Text]:
    """The tree, one line a node, each at most `width` columns wide."""
    lines = [_line(node, "", width, plain)] if node.label else []
    return [*lines, *_below(node, "", width, plain)]


def _below(node: Node, guide: str, width: int, plain: bool) -> Iterator[Text]:
    for place, below in enumerate(node.children):
        last = place == len(node.children) - 1
        if plain:
            # A screen reader would spell every guide out.
            yield _line(below, guide + "  ", width, plain)
            yield from _below(below, guide + "  ", width, plain)
            continue
        yield _line(below, guide + ("└─ " if last else "├─ "), width, plain)
        yield from _below(below, guide + ("   " if last else "│  "), width, plain)


def _line(node: Node, guide: str, width: int, plain: bool) -> Text:
    value = f"  {node.value:.2f}" if node.value is not None else ""
    sign = f"{node.mark}: " if plain and node.mark else "" if plain else _SIGN.get(node.mark, "")
    room = max(8, width - len(guide) - len(value) - len(sign))
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(guide, style="dim")
    line.append(sign + one_line(node.label, room), style=_STYLE.get(node.mark, ""))
    line.append(value, style="cyan")
    return line
