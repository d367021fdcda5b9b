"""/cost, /copy, /exact, /tree, /trace: what was done, and what it cost."""

from __future__ import annotations

import base64
import os
from contextlib import nullcontext

from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.blocks import plural
from sandreckoner.cli.render.console_style import visible
from sandreckoner.cli.render.run_tree import Node, build_tree, tree_lines
from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.transcript import Turn
from sandreckoner.cli.terminal.turn_view import total_line
from sandreckoner.core.errors import UsageError


def cost(context: Context, words: str) -> None:
    """Show what all questions cost, including those taken back."""
    context.say(total_line(context.session.asked))


def copy(context: Context, words: str) -> None:
    """Put the last answer, or its program, into the clipboard of the terminal; on a pipe, print it."""
    answer = _turn(context, "").answer
    program = answer.winner.program if answer and answer.winner else ""
    if words not in ("", "answer", "program"):
        raise UsageError("write /copy, or /copy program")
    text = program if words == "program" else answer.text if answer else None
    if not text:
        raise UsageError(f"there is no {words or 'answer'} to copy")
    console = context.style.console
    if console.is_terminal:
        # OSC 52: the terminal itself puts it there, over ssh too.
        console.file.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07")
        console.file.flush()
        context.say(f"copied: {plural(len(text), 'character')}", "dim")
    else:
        context.say(visible(text))


def exact(context: Context, words: str) -> None:
    """Show an answer without rounding."""
    answer = _turn(context, words).answer
    context.say(visible(answer.text) if answer and answer.text is not None else "there is no answer", "bold")


def tree(context: Context, words: str) -> None:
    """Walk through the tree of a question."""
    turn = _turn(context, words)
    top = build_tree(turn.question, turn.steps, turn.answer)
    if context.style.redraws:
        from sandreckoner.cli.terminal.browse import browse

        browse(top)
    for line in tree_lines(top, context.style.console.width, plain=context.style.plain):
        context.style.console.print(line)


def trace(context: Context, words: str) -> None:
    """Show the steps of a question in full."""
    turn = _turn(context, words)
    top = build_tree(turn.question, turn.steps)
    os.environ.setdefault("LESS", "-FRX")  # what fits on the screen is shown without a pager
    console = context.style.console
    with console.pager(styles=True) if context.style.redraws else nullcontext():
        for number, node in enumerate(_leaves(top), 1):
            console.print(blocks.prose(node.detail or node.label, context.style, f"{number}  {node.label}"))


def _leaves(top: Node) -> list[Node]:
    return [node for _, node in top.walk() if node.kind in ("ask", "run", "search", "note")]


def _turn(context: Context, words: str) -> Turn:
    """The turn with that number, or the last."""
    turns = context.session.turns
    if not turns:
        raise UsageError("nothing was asked yet")
    if not words:
        return turns[-1]
    if not words.isdigit() or not 1 <= int(words) <= len(turns):
        raise UsageError(f"{words[:20]!r} is not a turn; there are 1 to {len(turns)}")
    return turns[int(words) - 1]
