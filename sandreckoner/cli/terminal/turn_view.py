"""A turn as it stays on the screen: the program, its output, the answer, the sources, one status line."""

from __future__ import annotations

import re

from rich.markdown import Markdown
from rich.text import Text

from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.blocks import looked_at, one_line, plural, price, readable_seconds, status_line
from sandreckoner.cli.render.blocks import marks as place_marks
from sandreckoner.cli.render.console_style import visible
from sandreckoner.cli.render.readable import readable_answer
from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.transcript import Cell, Turn, cell_lines
from sandreckoner.core.answer import Answer


def show_turn(context: Context, turn: Turn) -> None:
    """Print what came of a question."""
    answer, style = turn.answer, context.style
    if answer is None:
        if turn.partial.strip():
            style.console.print(blocks.prose(turn.partial, style, "the model had written"))
        context.say("this question was interrupted before it had an answer", "yellow")
        return
    last = answer.candidates[-1] if answer.candidates else None
    for block in blocks.work(answer.winner or last, style):
        style.console.print(block)
    rounded = _show_answer(answer, turn.question, context)
    for line in blocks.sources(answer):
        style.console.print(line)
    documents = getattr(context.library(), "documents", ()) if context.session.docs else ()
    if looked := looked_at(answer, documents):
        context.say(looked, "dim")
    if answer.reason or turn.stopped:
        why = "stopped" if turn.stopped else answer.status
        reason = "" if turn.stopped and answer.text else f": {visible(answer.reason)}"
        context.say(f"{why}{reason}", "yellow")
    status = status_line(answer, turn.strategy, _left(context, answer))
    context.say(f"{status} · rounded, Alt-X or /exact has every digit" if rounded else status, "dim")


def show_briefly(context: Context, turn: Turn) -> None:
    """Print a question of before and its answer in one line."""
    context.say(f"  {brief(turn)}", "dim")


def brief(turn: Turn) -> str:
    """A question and its answer in one line."""
    answer = readable_answer(turn.answer, turn.question) if turn.worth and turn.answer else "no answer"
    return f"{one_line(turn.question, 60)} → {one_line(answer, 30)}"


def show_cell(context: Context, cell: Cell) -> None:
    """Print what came of a cell of the user's own."""
    if cell.execution.error is not None:
        for block in blocks.execution(cell.execution, context.style):
            context.style.console.print(block)
        return
    for line in cell_lines(cell):
        context.say(visible(line), "bold")


def _show_answer(answer: Answer, question: str, context: Context) -> bool:
    """Print the answer; returns whether digits were rounded away."""
    if answer.text is None:
        return False
    text = visible(readable_answer(answer, question) if context.style.rounds else answer.text)
    rounded = re.sub(r"\D", "", text) != re.sub(r"\D", "", answer.text)
    marks = "".join(f" [{number}]" for number in place_marks(answer))
    if answer.winner is not None and not answer.winner.program and not context.style.plain:
        # Prose. Links are written out: a model's link may say one thing and lead to another.
        context.style.console.print(Markdown(text + marks, hyperlinks=False))
        return rounded
    line = Text("answer: " if context.style.plain else "")
    line.append(text, style="bold")
    line.append(marks, style="green")
    context.style.console.print(line)
    return rounded


def _left(context: Context, answer: Answer) -> str:
    """What the question left of its budget; empty without one."""
    budget, usage = context.settings.budget(), answer.usage
    parts = []
    if budget.calls is not None:
        parts.append(plural(max(0, budget.calls - usage.calls), "call"))
    if budget.tokens is not None:
        parts.append(f"{max(0, budget.tokens - usage.tokens):,} tokens")
    if budget.usd is not None and usage.usd is not None:
        parts.append(f"${max(0.0, budget.usd - usage.usd):.4f}")
    if budget.seconds is not None:
        parts.append(readable_seconds(max(0.0, budget.seconds - answer.seconds)))
    return f"left {', '.join(parts)}" if parts else ""


def total_line(turns: list[Turn]) -> str:
    """What a conversation has cost so far."""
    answers = [turn.answer for turn in turns if turn.answer is not None]
    if not answers:
        return "nothing was asked yet"
    usage = sum((answer.usage for answer in answers[1:]), answers[0].usage)
    seconds = sum(answer.seconds for answer in answers)
    parts = [
        plural(len(turns), "question"),
        plural(usage.calls, "call"),
        f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out",
        price(usage) or "$0",
        readable_seconds(seconds),
    ]
    return " · ".join(parts)
