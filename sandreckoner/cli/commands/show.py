"""`reckon show RUN`: what a recorded run did, without running anything."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.text import Text

from sandreckoner.cli import ANSWERED
from sandreckoner.cli.recorded_runs import read_recorded
from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.answer_json import answer_object
from sandreckoner.cli.render.console_style import ConsoleStyle, make_style
from sandreckoner.cli.render.pages import write_export
from sandreckoner.cli.render.phrases import status_line
from sandreckoner.cli.render.run_tree import knots
from sandreckoner.cli.render.tree_text import tree_lines
from sandreckoner.cli.terminal.transcript import Turn
from sandreckoner.core.errors import UsageError


def command(arguments: argparse.Namespace) -> int:
    """Show the tree of each question, and with `--trace` every step in full."""
    recorded = read_recorded(arguments.run)
    turns = recorded.turns
    if arguments.turn is not None:
        if not 1 <= arguments.turn <= len(turns):
            raise UsageError(f"--turn {arguments.turn}: there are 1 to {len(turns)}")
        turns = [turns[arguments.turn - 1]]
    if arguments.html:
        write_export("html", recorded, Path(arguments.html))
        return ANSWERED
    style = make_style(plain=arguments.plain)
    for turn in turns:
        if arguments.json:
            print(json.dumps(_object(turn)))
        else:
            _show(turn, style, trace=arguments.trace)
    return ANSWERED


def _object(turn: Turn) -> object:
    if turn.answer is None:
        return {"version": 1, "question": turn.question, "answer": None, "status": "interrupted"}
    return answer_object(turn.answer, question=turn.question, strategy=turn.strategy, model=turn.model)


def _show(turn: Turn, style: ConsoleStyle, *, trace: bool) -> None:
    top = knots(turn.question, turn.steps, turn.answer)
    for line in tree_lines(top, style.console.width, plain=style.plain):
        style.console.print(line)
    if trace:
        steps = [knot for _, knot in top.walk() if knot.kind in ("ask", "run", "search", "note")]
        for number, knot in enumerate(steps):
            style.console.print(
                blocks.prose(knot.detail or knot.label, style, f"step {number}  {knot.label}")
            )
    status = status_line(turn.answer, turn.strategy) if turn.answer else "interrupted before it had an answer"
    style.console.print(Text(f"{turn.model} · {status}\n", style="dim"))
