"""`reckon diff A B`: where two recorded runs part."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator

from rich.text import Text

from sandreckoner.cli import ANSWERED, ERROR
from sandreckoner.cli.recorded_runs import read_recorded
from sandreckoner.cli.render.console_style import ConsoleStyle, make_style
from sandreckoner.cli.render.phrases import one_line, plural, visible
from sandreckoner.cli.render.run_tree import knots
from sandreckoner.cli.terminal.transcript import Turn
from sandreckoner.core.errors import UsageError
from sandreckoner.core.serialization import to_json
from sandreckoner.core.trace import Step

_STYLE = {"-": "red", "+": "green", "@": "cyan"}


def command(arguments: argparse.Namespace) -> int:
    """Say what is the same and show the first difference; 0 where there is none, 1 where there is."""
    style = make_style(plain=arguments.plain)
    one, other = (_the_turn(name) for name in (arguments.one, arguments.other))
    differences = list(_differences(one, other))
    for line in differences:
        _print(line, style)
    if not differences:
        style.console.print(f"the same: {plural(len(one.steps), 'step')}, and the answer")
    return ERROR if differences else ANSWERED


def _the_turn(name: str) -> Turn:
    turns = read_recorded(name).turns
    if len(turns) > 1:
        raise UsageError(f"{name} has {len(turns)} questions; compare journals of one each (`ask --journal`)")
    return turns[0]


def _differences(one: Turn, other: Turn) -> Iterator[str]:
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
    for _, knot in knots("", [step]).walk():
        if knot.detail:
            return f"{knot.label.rpartition(' · ')[0]}\n{knot.detail}"
    return str(to_json(step.effect))


def _print(line: str, style: ConsoleStyle) -> None:
    style.console.print(Text(visible(line), style=_STYLE.get(line[:1], "")), soft_wrap=True)
