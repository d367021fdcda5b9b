"""A session as one HTML page: it opens from disk, asks no network for anything and runs no script.

Folding is `<details>`; the policy in the head forbids scripts, pictures and requests, should a text of a
model or a document ever get past the escaping.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from sandreckoner.cli.blocks import numbered
from sandreckoner.cli.terminal.entries import Cell, Conversation, Entry, Turn, cell_lines
from sandreckoner.cli.tree import Knot, knots
from sandreckoner.cli.words import describe_source, plural, status_line, visible
from sandreckoner.core.answer import Answer, NumberSource

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def session_page(session: Conversation) -> str:
    """The page."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(session.name)} · Sandreckoner</title>",
        f"<style>{style}</style></head><body>",
        f"<header><h1>{_text(session.name)}</h1><p>{_about(session)}</p></header><main>",
        *(_entry(entry, number) for number, entry in enumerate(session.entries, 1)),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _about(session: Conversation) -> str:
    docs = f"Documents: {', '.join(session.docs)}." if session.docs else "No documents."
    return f"{plural(len(session.entries), 'turn')}. {_text(docs)}"


def _entry(entry: Entry, number: int) -> str:
    if isinstance(entry, Cell):
        said = "\n".join(cell_lines(entry))
        return f"<article><h2>Cell</h2>{_pre(entry.code)}{_pre(said) if said else ''}</article>"
    parts = [f'<article id="turn-{number}"><h2 dir="auto">{_text(entry.question)}</h2>']
    parts += _turn(entry)
    top = knots(entry.question, entry.steps, entry.answer)
    parts.append('<section class="tree"><h3>How it came about</h3>')
    parts += [f"<ul>{''.join(_knot(knot) for knot in top.knots)}</ul></section></article>"]
    return "\n".join(parts)


def _turn(turn: Turn) -> list[str]:
    answer = turn.answer
    if answer is None:
        return ['<p class="reason">Interrupted before it had an answer.</p>']
    marks = "".join(f'<sup class="cite">{number}</sup>' for number in numbered(answer).values())
    text = _text(answer.text) if answer.text is not None else f"<em>{_text(answer.verdict)}</em>"
    parts = [f'<p class="answer" dir="auto">{text}{marks}</p>']
    if answer.reason:
        parts.append(f'<p class="reason" dir="auto">{_text(answer.reason)}</p>')
    parts.append(_sources(answer))
    if answer.winner is not None and answer.winner.program:
        parts.append(f"<details><summary>the program</summary>{_program(answer)}</details>")
    parts.append(f'<p class="status">{_text(turn.model)} · {_text(status_line(answer, turn.strategy))}</p>')
    return parts


def _sources(answer: Answer) -> str:
    places = numbered(answer)
    rows = []
    for source in answer.sources:
        at = source.passages[0] if source.passages and source.origin == "passage" else None
        number = str(places[at.source, at.page]) if at else ""
        rows.append(
            f'<tr class="{source.origin}"><td class="cite">{number}</td>'
            f'<td class="number">{_text(source.text)}</td>'
            f'<td dir="auto">{_text(describe_source(source))}</td></tr>'
        )
    return f'<table class="sources">{"".join(rows)}</table>' if rows else ""


def _program(answer: Answer) -> str:
    """The winning program, each number in it marked with where it came from."""
    assert answer.winner is not None
    by_line: dict[int, list[NumberSource]] = {}
    for source in answer.sources:
        by_line.setdefault(source.line, []).append(source)
    lines = answer.winner.program.rstrip().split("\n")
    return f"<pre>{chr(10).join(_line(line, by_line.get(n, [])) for n, line in enumerate(lines, 1))}</pre>"


def _line(line: str, sources: list[NumberSource]) -> str:
    parts, done = [], 0
    for source in sorted(sources, key=lambda each: each.column):
        start = source.column
        if start < done or line[start : start + len(source.text)] != source.text:
            continue
        parts.append(_text(line[done:start]))
        title = escape(describe_source(source), quote=True)
        parts.append(f'<mark class="{source.origin}" title="{title}">{_text(source.text)}</mark>')
        done = start + len(source.text)
    return "".join([*parts, _text(line[done:])])


def _knot(knot: Knot) -> str:
    """A knot and what is below it, folded where there is something to unfold."""
    value = f' <span class="value">{knot.value:.2f}</span>' if knot.value is not None else ""
    mark = f' <span class="mark">{knot.mark}</span>' if knot.mark else ""
    label = f'<span dir="auto">{_text(knot.label)}</span>{value}{mark}'
    kind = f"{knot.kind} {knot.mark.replace(' ', '-')}".strip()
    # A thought or an answer that its label says in full is not said twice.
    said = knot.kind in ("branch", "answer") and " ".join(knot.detail.split()) in knot.label
    detail = _pre(knot.detail) if knot.detail and not said else ""
    below = f"<ul>{''.join(_knot(each) for each in knot.knots)}</ul>" if knot.knots else ""
    if not detail and not below:
        return f'<li class="{kind}">{label}</li>'
    is_open = " open" if knot.kind in ("branch", "answer", "program", "number") else ""
    return f'<li class="{kind}"><details{is_open}><summary>{label}</summary>{detail}{below}</details></li>'


def _pre(text: str) -> str:
    return f'<pre dir="auto">{_text(text)}</pre>'


def _text(text: str) -> str:
    """A text of which nothing is HTML."""
    return escape(visible(text), quote=True)
