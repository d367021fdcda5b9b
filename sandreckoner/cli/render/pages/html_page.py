"""A session as one HTML page: it opens from disk, asks no network for anything and runs no script.

Folding is `<details>`; the policy in the head forbids scripts, pictures and requests, should a text of a
model or a document ever get past the escaping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sandreckoner._support.html_pages import render_page
from sandreckoner.cli.render.blocks import marks, plural, status_line
from sandreckoner.cli.render.console_style import visible
from sandreckoner.cli.render.pages.source_spans import citations, numbers, passages, program
from sandreckoner.cli.render.readable import readable_answer
from sandreckoner.cli.render.run_tree import build_tree
from sandreckoner.cli.terminal.transcript import Cell, Conversation, Entry, Turn, cell_lines
from sandreckoner.core.answer import Answer
from sandreckoner.core.problem import Passage


def session_page(session: Conversation, pictures: Sequence[Mapping[str, Any]] = ()) -> str:
    """The page.

    Args:
        session: what was asked.
        pictures: of pages that the answers rest on: `span`, `data` (its address), `width`, `height`, `frame`.
    """
    entries = [_entry(entry, number) for number, entry in enumerate(session.entries, 1)]
    turns = f"{plural(len(entries), 'turn')}." if len(entries) > 1 else ""
    docs = f"Documents: {', '.join(session.docs)}." if session.docs else ""
    return render_page(
        Path(__file__).with_name("session_page.html"),
        show=visible,
        name=session.name,
        about=f"{turns} {docs}".strip(),
        is_titled=[entry.get("question") for entry in entries] != [session.name],
        pictures=[_picture(each) for each in pictures],
        entries=entries,
    )


def _picture(drawn: Mapping[str, Any]) -> dict[str, object]:
    """A page with the rectangles of its frame as SVG has them, the figure last."""
    found = [(kind, box) for kind, box in drawn["frame"].items() if box]
    boxes = [(kind, x0, y0, x1 - x0, y1 - y0) for kind, (x0, y0, x1, y1) in reversed(found)]
    span: Passage = drawn["span"]
    return {**drawn, "title": f"{span.source} p. {span.page}, “{span.text[:80]}”", "boxes": boxes}


def _entry(entry: Entry, number: int) -> dict[str, object]:
    if isinstance(entry, Cell):
        return {"cell": entry.code, "output": "\n".join(cell_lines(entry))}
    tree = build_tree(entry.question, entry.steps, entry.answer).children if entry.steps else []
    shown = {"number": number, "question": entry.question, "tree": tree}
    return shown if entry.answer is None else {**shown, **_answer(entry, entry.answer, number)}


def _answer(turn: Turn, answer: Answer, number: int) -> dict[str, object]:
    """The answer of a turn, what it was made of, and what it cost."""
    winner = answer.winner
    reasoning = winner.reasoning.strip() if winner else ""
    return {
        "status": answer.status,
        "exact": answer.text,
        "shown": None if answer.text is None else readable_answer(answer, turn.question),
        "pages": list(marks(answer)),
        "reason": answer.reason,
        "remarks": answer.remarks,
        "numbers": numbers(answer, number),
        "citations": citations(answer, number),
        "program": program(answer, number) if winner and winner.program else [],
        "reasoning": "" if reasoning == (answer.text or "").strip() else reasoning,
        "passages": passages(answer, number),
        "cost": f"{turn.model} · {status_line(answer, turn.strategy)}",
    }
