"""A session as Markdown: questions, programs, answers, sources. No text can end its code block."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandreckoner.cli.render.blocks import describe_source, marks, place_numbers, status_line
from sandreckoner.cli.render.console_style import visible
from sandreckoner.cli.terminal.transcript import Cell, Conversation, Turn, cell_lines
from sandreckoner.core.answer import Answer

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def session_markdown(session: Conversation) -> str:
    """The session, for a person to read."""
    lines = [f"# {_text(session.name)}", ""]
    if session.docs:
        lines += ["Documents: " + ", ".join(_text(path) for path in session.docs), ""]
    for entry in session.entries:
        lines += _cell(entry) if isinstance(entry, Cell) else _turn(entry)
    return "\n".join(lines).rstrip() + "\n"


def _cell(cell: Cell) -> Iterator[str]:
    yield from ("## A cell", "", *_block(cell.code, "python"))
    said = "\n".join(cell_lines(cell))
    if said:
        yield from _block(said)


def _turn(turn: Turn) -> Iterator[str]:
    yield from (f"## {_text(' '.join(turn.question.split()))}", "")
    answer = turn.answer
    if answer is None:
        yield from ("*Interrupted before it had an answer.*", "")
        return
    winner = answer.winner
    if winner is not None and winner.program:
        yield from _block(winner.program, "python")
    elif winner is not None and winner.reasoning.strip():
        yield from _block(winner.reasoning)
    cited = "".join(f" [{number}]" for number in marks(answer))
    yield from (f"**{_text(answer.text)}**{cited}" if answer.text is not None else f"*{answer.status}*", "")
    if answer.reason:
        yield from (f"*{_text(answer.reason)}*", "")
    yield from _sources(answer)
    yield from (f"*{_text(status_line(answer, turn.strategy))}*", "")


def _sources(answer: Answer) -> Iterator[str]:
    for source, number in zip(answer.sources, place_numbers(answer), strict=True):
        place = f"[{number}] " if number else ""
        yield f"- {place}{_text(source.text)} ← {_text(describe_source(source))}"
    for remark in answer.remarks:
        yield f"- ! {_text(remark)}"
    if answer.sources or answer.remarks:
        yield ""


def _text(text: str) -> str:
    """A text with all Markdown and HTML escaped."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split())))


def _block(text: str, language: str = "") -> list[str]:
    """A code block whose fence is longer than any in the text."""
    text = visible(text.strip("\n"))
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", text, fence, ""]
