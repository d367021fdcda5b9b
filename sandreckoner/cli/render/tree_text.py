"""A tree of knots as lines of text with guides, for the screen."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from sandreckoner.cli.render.phrases import one_line
from sandreckoner.cli.render.run_tree import Knot

_STYLE = {
    "pruned": "dim",
    "dead end": "dim red",
    "winner": "bold green",
    "failed": "red",
    "unsourced": "bold red",
}
_SIGN = {"winner": "★ ", "pruned": "✂ ", "dead end": "✗ ", "failed": "✗ ", "unsourced": "! "}


def tree_lines(knot: Knot, width: int, *, plain: bool = False) -> list[Text]:
    """The tree, one line a knot, each at most `width` columns wide."""
    lines = [_line(knot, "", width, plain)] if knot.label else []
    return [*lines, *_below(knot, "", width, plain)]


def _below(knot: Knot, guide: str, width: int, plain: bool) -> Iterator[Text]:
    for place, below in enumerate(knot.knots):
        last = place == len(knot.knots) - 1
        if plain:
            # A screen reader would spell every guide out.
            yield _line(below, guide + "  ", width, plain)
            yield from _below(below, guide + "  ", width, plain)
            continue
        yield _line(below, guide + ("└─ " if last else "├─ "), width, plain)
        yield from _below(below, guide + ("   " if last else "│  "), width, plain)


def _line(knot: Knot, guide: str, width: int, plain: bool) -> Text:
    value = f"  {knot.value:.2f}" if knot.value is not None else ""
    sign = f"{knot.mark}: " if plain and knot.mark else "" if plain else _SIGN.get(knot.mark, "")
    room = max(8, width - len(guide) - len(value) - len(sign))
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(guide, style="dim")
    line.append(sign + one_line(knot.label, room), style=_STYLE.get(knot.mark, ""))
    line.append(value, style="cyan")
    return line
