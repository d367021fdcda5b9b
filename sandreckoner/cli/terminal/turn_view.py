"""A turn as it stays on the screen: the program, its output, the answer, the sources, one status line."""

from __future__ import annotations

from rich.markdown import Markdown
from rich.text import Text

from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.phrases import plural, price, status_line, visible
from sandreckoner.cli.terminal.context import Desk
from sandreckoner.cli.terminal.transcript import Cell, Turn, cell_lines
from sandreckoner.core.answer import Answer


def show_turn(desk: Desk, turn: Turn) -> None:
    """Print what came of a question."""
    answer, look = turn.answer, desk.look
    if answer is None:
        if turn.partial.strip():
            look.console.print(blocks.prose(turn.partial, look, "the model had written"))
        desk.say("this question was interrupted before it had an answer", "yellow")
        return
    last = answer.candidates[-1] if answer.candidates else None
    for block in blocks.work(answer.winner or last, look):
        look.console.print(block)
    _show_answer(answer, desk)
    for line in blocks.sources(answer):
        look.console.print(line)
    if answer.reason or turn.stopped:
        why = "stopped" if turn.stopped else answer.verdict
        reason = "" if turn.stopped and answer.text else f": {visible(answer.reason)}"
        desk.say(f"{why}{reason}", "yellow")
    desk.say(status_line(answer, turn.strategy, _left(desk, answer)), "dim")


def show_cell(desk: Desk, cell: Cell) -> None:
    """Print what came of a cell of the user's own."""
    if cell.execution.error is not None:
        for block in blocks.execution(cell.execution, desk.look):
            desk.look.console.print(block)
        return
    for line in cell_lines(cell):
        desk.say(visible(line), "bold")


def _show_answer(answer: Answer, desk: Desk) -> None:
    if answer.text is None:
        return
    text = visible(answer.text)
    marks = "".join(f" [{number}]" for number in blocks.numbered(answer).values())
    if answer.winner is not None and not answer.winner.program and not desk.look.plain:
        # Prose. Links are written out: a model's link may say one thing and lead to another.
        desk.look.console.print(Markdown(text + marks, hyperlinks=False))
        return
    line = Text("answer: " if desk.look.plain else "")
    line.append(text, style="bold")
    line.append(marks, style="green")
    desk.look.console.print(line)


def _left(desk: Desk, answer: Answer) -> str:
    """What the question left of its budget; empty without one."""
    budget, usage = desk.settings.budget(), answer.usage
    parts = []
    if budget.calls is not None:
        parts.append(plural(max(0, budget.calls - usage.calls), "call"))
    if budget.tokens is not None:
        parts.append(f"{max(0, budget.tokens - usage.tokens):,} tokens")
    if budget.usd is not None and usage.usd is not None:
        parts.append(f"${max(0.0, budget.usd - usage.usd):.4f}")
    if budget.seconds is not None:
        parts.append(f"{max(0.0, budget.seconds - answer.seconds):.0f} s")
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
        f"{seconds:.1f} s",
    ]
    return " · ".join(parts)
