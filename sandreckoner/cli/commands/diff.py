"""`reckon diff A B`: where two recorded runs differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sandreckoner.cli import ANSWERED, ERROR, options
from sandreckoner.cli.command_line import Command
from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from sandreckoner.cli.render.console_style import ConsoleStyle
    from sandreckoner.cli.terminal.transcript import Turn
    from sandreckoner.core.trace import Step

_STYLE = {"-": "red", "+": "green", "@": "cyan"}

_EXAMPLES = """\
examples:
  reckon ask "What is 6 * 7?" --journal one.jsonl
  reckon replay one.jsonl --from 0 --model openai:gpt-5-mini --journal other.jsonl
  reckon diff one.jsonl other.jsonl
"""


@click.command("diff", cls=Command, examples=_EXAMPLES, short_help="where two recorded runs differ")
@click.argument("one", type=click.Path(), metavar="A", help="A journal, or a session of one question.")
@click.argument("other", type=click.Path(), metavar="B", help="Another.")
@options.plain
def command(one: str, other: str, *, plain: bool) -> int:
    """Show where two recorded runs part: the first step that asks for something else or is answered
    differently, line by line, and the answers. The exit code is 0 where they are the same, otherwise 1.
    """
    from sandreckoner.cli.render.blocks import plural
    from sandreckoner.cli.render.console_style import make_style

    style = make_style(plain=plain)
    first, second = _the_turn(one), _the_turn(other)
    differences = list(_differences(first, second))
    for line in differences:
        _print(line, style)
    if not differences:
        style.console.print(f"the same: {plural(len(first.steps), 'step')}, and the answer")
    return ERROR if differences else ANSWERED


def _the_turn(name: str) -> Turn:
    from sandreckoner.cli.recorded_runs import read_recorded

    turns = read_recorded(name).turns
    if len(turns) > 1:
        raise UsageError(f"{name} has {len(turns)} questions; compare journals of one each (`ask --journal`)")
    return turns[0]


def _differences(one: Turn, other: Turn) -> Iterator[str]:
    from sandreckoner.cli.render.blocks import one_line

    for what in ("question", "strategy", "model"):
        first, second = getattr(one, what), getattr(other, what)
        if first != second:
            yield f"-{what}: {one_line(first)}"
            yield f"+{what}: {one_line(second)}"
    yield from _steps(one, other)
    answers = [turn.answer.text if turn.answer else None for turn in (one, other)]
    if answers[0] != answers[1]:
        yield f"-answer: {one_line(str(answers[0]))}"
        yield f"+answer: {one_line(str(answers[1]))}"


def _steps(one: Turn, other: Turn) -> Iterator[str]:
    """The first step at which they part, its text compared line by line."""
    from sandreckoner.cli.render.blocks import plural
    from sandreckoner.core.serialization import to_json

    for first, second in zip(one.steps, other.steps, strict=False):
        asked = to_json(first.effect) == to_json(second.effect)
        if asked and to_json(first.reply) == to_json(second.reply) and first.error == second.error:
            continue
        why = "was answered differently" if asked else "asks for something else"
        yield f"@ they part at step {first.index}, which {why}"
        texts = _text(first).split("\n"), _text(second).split("\n")
        yield from list(difflib.unified_diff(texts[0], texts[1], lineterm="", n=2))[2:]
        return
    if len(one.steps) != len(other.steps):
        counts = plural(len(one.steps), "step"), plural(len(other.steps), "step")
        yield f"@ the first has {counts[0]}, the second {counts[1]}; those of the shorter are the same"


def _text(step: Step) -> str:
    """A step as text: what was asked and what came back, without the seconds that it took."""
    from sandreckoner.cli.render.run_tree import build_tree
    from sandreckoner.core.serialization import to_json

    for _, node in build_tree("", [step]).walk():
        if node.detail:
            return f"{node.label.rpartition(' · ')[0]}\n{node.detail}"
    return str(to_json(step.effect))


def _print(line: str, style: ConsoleStyle) -> None:
    from rich.text import Text

    from sandreckoner.cli.render.console_style import visible

    style.console.print(Text(visible(line), style=_STYLE.get(line[:1], "")), soft_wrap=True)
