"""`reckon show RUN`: what a recorded run did, without running anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from sandreckoner.cli.render.console_style import ConsoleStyle
    from sandreckoner.cli.terminal.transcript import Turn

_EXAMPLES = """\
examples:
  reckon show run.jsonl                    the tree of a run, and where its numbers come from
  reckon show run.jsonl --trace            every step, with prompts and replies
  reckon show 2026-11-21-154011 --html page.html
  reckon show run.jsonl --source 2 --docs reports/      the page that [2] stands on, the figure framed
"""


@click.command("show", cls=Command, examples=_EXAMPLES, short_help="what a recorded run or a session did")
@click.argument("run", type=click.Path(), help="A journal, a session's file, or a session's name.")
@click.option("--turn", type=int, metavar="N", help="Only this question of a session, from 1.")
@click.option("--trace", is_flag=True, help="Every step in full, with prompts and replies.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a question (version 1).")
@click.option("--html", metavar="FILE", type=options.OutputFile(), help="Write it to one page instead.")
@click.option("--source", type=int, metavar="N", help="Open the page of the place [N], the figure framed.")
@options.docs
@options.plain
def command(
    run: str,
    turn: int | None,
    html: str | None,
    source: int | None,
    docs: tuple[str, ...],
    *,
    trace: bool,
    as_json: bool,
    plain: bool,
) -> int:
    """Show the tree of each question of a recorded run, and with --trace every step in full."""
    from sandreckoner.cli.recorded_runs import read_recorded
    from sandreckoner.cli.render.console_style import make_style
    from sandreckoner.cli.render.pages import write_export

    recorded = read_recorded(run)
    turns = recorded.turns
    if turn is not None:
        if not 1 <= turn <= len(turns):
            raise UsageError(f"--turn {turn}: there are 1 to {len(turns)}")
        turns = [turns[turn - 1]]
    if html:
        write_export("html", recorded, Path(html))
        return 0
    if source is not None:
        from sandreckoner.cli.render.shown_source import show_source

        show_source(turns[-1].answer, source, docs or recorded.docs)
        return 0
    style = make_style(plain=plain)
    for each in turns:
        if as_json:
            print(json.dumps(_object(each)))
        else:
            _show(each, style, trace=trace)
    return 0


def _object(turn: Turn) -> object:
    from sandreckoner.cli.render.present import answer_object

    if turn.answer is None:
        return {"version": 1, "question": turn.question, "answer": None, "status": "interrupted"}
    return answer_object(turn.answer, question=turn.question, strategy=turn.strategy, model=turn.model)


def _show(turn: Turn, style: ConsoleStyle, *, trace: bool) -> None:
    from rich.text import Text

    from sandreckoner.cli.render import blocks
    from sandreckoner.cli.render.blocks import status_line
    from sandreckoner.cli.render.run_tree import build_tree, tree_lines

    top = build_tree(turn.question, turn.steps, turn.answer)
    for line in tree_lines(top, style.console.width, plain=style.plain):
        style.console.print(line)
    if trace:
        steps = [node for _, node in top.walk() if node.kind in ("ask", "run", "search", "note")]
        for number, node in enumerate(steps):
            style.console.print(
                blocks.prose(node.detail or node.label, style, f"step {number}  {node.label}")
            )
    status = status_line(turn.answer, turn.strategy) if turn.answer else "interrupted before it had an answer"
    style.console.print(Text(f"{turn.model} · {status}\n", style="dim"))
