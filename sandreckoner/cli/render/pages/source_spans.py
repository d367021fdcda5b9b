"""Answer ← program ← numbers ← spans, in HTML: each number leads to its source, each source to its place.

The ids begin with the number of the turn, since a page may hold many.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from sandreckoner.cli.render.blocks import numbered
from sandreckoner.cli.render.phrases import describe_source, visible
from sandreckoner.core.answer import Answer, NumberSource
from sandreckoner.core.passage import Passage


def made(answer: Answer, turn: int) -> Iterator[str]:
    """The program or the reasoning, the numbers, the quotes and the passages of an answer."""
    yield from _numbers(answer, turn)
    yield from _citations(answer, turn)
    winner = answer.winner
    if winner is None:
        return
    if winner.program:
        yield f"<details open><summary>the program</summary>{_program(answer, turn)}</details>"
    elif winner.reasoning.strip() and winner.reasoning.strip() != (answer.text or "").strip():
        yield f"<details open><summary>the reasoning</summary>{block(winner.reasoning.strip())}</details>"
    if winner.evidence:
        shown = "".join(_passage(passage, answer, turn) for passage in winner.evidence)
        yield f"<details><summary>the passages</summary>{shown}</details>"


def block(words: str) -> str:
    """A text as it is written."""
    return f'<pre dir="auto">{text(words)}</pre>'


def text(words: str) -> str:
    """A text of which nothing is HTML."""
    return escape(visible(words), quote=True)


def _numbers(answer: Answer, turn: int) -> Iterator[str]:
    """A row for each number: the page it stands on, the number, where it came from."""
    places = numbered(answer)
    rows = []
    for n, source in enumerate(answer.sources):
        at = source.passages[0] if source.passages and source.origin == "passage" else None
        page = _link(at, answer, turn, str(places[at.source, at.page])) if at else ""
        rows.append(
            f'<tr class="{source.origin}" id="t{turn}-n{n}"><td class="cite">{page}</td>'
            f'<td class="number">{text(source.text)}</td>'
            f'<td dir="auto">{text(describe_source(source))}</td></tr>'
        )
    if rows:
        yield f'<table class="sources">{"".join(rows)}</table>'


def _citations(answer: Answer, turn: int) -> Iterator[str]:
    items = []
    for citation in answer.citations:
        found = citation.status == "found"
        where = "".join(
            " " + _link(span, answer, turn, f"{span.source} p. {span.page}") for span in citation.passages
        )
        said = text(citation.quote or citation.note) + ("" if found else f" ({text(citation.status)})")
        kind = "" if found else ' class="unsourced"'
        items.append(f'<li{kind} dir="auto">[{citation.number}] {said}{where}</li>')
    if items:
        yield f'<ul class="citations">{"".join(items)}</ul>'


def _program(answer: Answer, turn: int) -> str:
    """The winning program, each number in it a link to where it came from."""
    assert answer.winner is not None
    by_line: dict[int, list[tuple[int, NumberSource]]] = {}
    for n, source in enumerate(answer.sources):
        by_line.setdefault(source.line, []).append((n, source))
    lines = answer.winner.program.rstrip().split("\n")
    shown = [_line(line, by_line.get(number, []), turn) for number, line in enumerate(lines, 1)]
    return f"<pre>{chr(10).join(shown)}</pre>"


def _line(line: str, sources: list[tuple[int, NumberSource]], turn: int) -> str:
    parts, done = [], 0
    for n, source in sorted(sources, key=lambda each: each[1].column):
        start = source.column
        if start < done or line[start : start + len(source.text)] != source.text:
            continue
        parts.append(text(line[done:start]))
        link = f'<a href="#t{turn}-n{n}" title="{text(describe_source(source))}">{text(source.text)}</a>'
        parts.append(f'<mark class="{source.origin}">{link}</mark>')
        done = start + len(source.text)
    return "".join([*parts, text(line[done:])])


def _passage(passage: Passage, answer: Answer, turn: int) -> str:
    """A passage, the spans that were used marked in it."""
    inside = {(span.start, span.end): span for span in _used(answer) if _holds(passage, span)}
    shown, done = "", passage.start
    for start, end in sorted(inside):
        if start >= done:  # one that overlaps another is shown with it
            before, used = _slice(passage, done, start), _slice(passage, start, end)
            shown += f'{text(before)}<mark class="passage" id="{_anchor(inside[start, end], turn)}">'
            shown += f"{text(used)}</mark>"
            done = end
    shown += text(_slice(passage, done, passage.end))
    where = text(f"{passage.source} p. {passage.page}, {passage.start}–{passage.end}")
    return f'<h3 id="{_anchor(passage, turn)}">{where}</h3><pre dir="auto">{shown}</pre>'


def _slice(passage: Passage, start: int, end: int) -> str:
    return passage.text[start - passage.start : end - passage.start]


def _used(answer: Answer) -> list[Passage]:
    """The spans that the answer stands on."""
    spans = [span for source in answer.sources if source.origin == "passage" for span in source.passages]
    return spans + [span for citation in answer.citations if citation.quote for span in citation.passages]


def _holds(passage: Passage, span: Passage) -> bool:
    same = (span.source, span.page) == (passage.source, passage.page)
    return same and passage.start <= span.start < span.end <= passage.end


def _link(span: Passage, answer: Answer, turn: int, words: str) -> str:
    """The words, leading to the span where one of the passages shown holds it."""
    evidence = answer.winner.evidence if answer.winner else ()
    if not any(_holds(passage, span) for passage in evidence):
        return text(words)
    return f'<a href="#{_anchor(span, turn)}">{text(words)}</a>'


def _anchor(span: Passage, turn: int) -> str:
    return text(f"t{turn}-{span.source}:{span.page}:{span.start}-{span.end}".replace(" ", "_"))
