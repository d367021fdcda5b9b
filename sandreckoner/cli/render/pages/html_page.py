"""A session as one HTML page: it opens from disk, asks no network for anything and runs no script.

Folding is `<details>`; the policy in the head forbids scripts, pictures and requests, should a text of a
model or a document ever get past the escaping.
"""

from __future__ import annotations

from pathlib import Path

from sandreckoner.cli.render.blocks import numbered
from sandreckoner.cli.render.pages.source_spans import block, made, text
from sandreckoner.cli.render.phrases import plural, status_line
from sandreckoner.cli.render.readable import readable
from sandreckoner.cli.render.run_tree import Node, build_tree
from sandreckoner.cli.terminal.transcript import Cell, Conversation, Entry, Turn, cell_lines

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def session_page(session: Conversation) -> str:
    """The page."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{text(session.name)} · Sandreckoner</title>",
        f"<style>{style}</style></head><body>",
        f"<header><h1>{text(session.name)}</h1><p>{_about(session)}</p></header><main>",
        *(_entry(entry, number) for number, entry in enumerate(session.entries, 1)),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _about(session: Conversation) -> str:
    docs = f" Documents: {', '.join(session.docs)}." if session.docs else ""
    return f"{plural(len(session.entries), 'turn')}.{text(docs)}"


def _entry(entry: Entry, number: int) -> str:
    if isinstance(entry, Cell):
        said = "\n".join(cell_lines(entry))
        return f"<article><h2>Cell</h2>{block(entry.code)}{block(said) if said else ''}</article>"
    parts = [f'<article id="turn-{number}"><h2 dir="auto">{text(entry.question)}</h2>']
    parts += _turn(entry, number)
    if entry.steps:
        top = build_tree(entry.question, entry.steps, entry.answer)
        parts.append('<section class="tree"><h3>How it came about</h3>')
        parts.append(f"<ul>{''.join(_node(node) for node in top.children)}</ul></section>")
    return "\n".join([*parts, "</article>"])


def _turn(turn: Turn, number: int) -> list[str]:
    """The answer of a turn, what it was made of, and what it cost."""
    answer = turn.answer
    if answer is None:
        return ['<p class="reason">Interrupted before it had an answer.</p>']
    marks = "".join(f'<sup class="cite">{page}</sup>' for page in numbered(answer).values())
    said = f"<em>{text(answer.status)}</em>"
    if answer.text is not None:
        exact = f'<span title="exactly {text(answer.text)}">'
        said = f"{exact}{text(readable(answer.text, turn.question))}</span>"
    parts = [f'<p class="answer" dir="auto">{said}{marks}</p>']
    if answer.reason:
        parts.append(f'<p class="reason" dir="auto">{text(answer.reason)}</p>')
    parts += made(answer, number)
    parts.append(f'<p class="status">{text(turn.model)} · {text(status_line(answer, turn.strategy))}</p>')
    return parts


def _node(node: Node) -> str:
    """A node and what is below it, folded where there is something to unfold."""
    value = f' <span class="value">{node.value:.2f}</span>' if node.value is not None else ""
    mark = f' <span class="mark">{node.mark}</span>' if node.mark else ""
    label = f'<span dir="auto">{text(node.label)}</span>{value}{mark}'
    kind = f"{node.kind} {node.mark.replace(' ', '-')}".strip()
    # A thought or an answer that its label says in full is not said twice.
    said = node.kind in ("branch", "answer") and " ".join(node.detail.split()) in node.label
    detail = block(node.detail) if node.detail and not said else ""
    below = f"<ul>{''.join(_node(each) for each in node.children)}</ul>" if node.children else ""
    if not detail and not below:
        return f'<li class="{kind}">{label}</li>'
    is_open = " open" if node.kind in ("branch", "answer", "program", "number") else ""
    return f'<li class="{kind}"><details{is_open}><summary>{label}</summary>{detail}{below}</details></li>'
