"""Answer ← program ← numbers ← spans, as the page shows them: each leads to the next by an anchor.

Anchors begin with the number of the turn, since a page may hold many.
"""

from __future__ import annotations

from sandreckoner.cli.render.blocks import numbered
from sandreckoner.cli.render.phrases import describe_source, is_placed
from sandreckoner.core.answer import Answer, NumberSource
from sandreckoner.core.problem import Passage

Piece = tuple[str, str]  # a text and its anchor, which may be empty


def numbers(answer: Answer, turn: int) -> list[dict[str, object]]:
    """A row for each number: the page it stands on, the number, where it came from."""
    places = numbered(answer)
    rows: list[dict[str, object]] = []
    for n, source in enumerate(answer.sources):
        at = source.passages[0] if is_placed(source) else None
        rows.append(
            {
                "origin": source.origin,
                "id": f"t{turn}-n{n}",
                "page": places[at.source, at.page] if at else "",
                "anchor": _target(at, answer, turn) if at else "",
                "text": source.text,
                "source": describe_source(source),
            }
        )
    return rows


def citations(answer: Answer, turn: int) -> list[dict[str, object]]:
    """A row for each quote, with the places where it stands."""
    return [
        {
            "number": citation.number,
            "text": citation.quote or citation.note,
            "fault": "" if citation.status == "found" else citation.status,
            "places": [
                (f"{span.source} p. {span.page}", _target(span, answer, turn)) for span in citation.passages
            ],
        }
        for citation in answer.citations
    ]


def program(answer: Answer, turn: int) -> list[list[dict[str, object]]]:
    """The winning program by lines and pieces, each number in it a piece that leads to where it came from."""
    assert answer.winner is not None
    by_line: dict[int, list[tuple[int, NumberSource]]] = {}
    for n, source in enumerate(answer.sources):
        by_line.setdefault(source.line, []).append((n, source))
    lines = answer.winner.program.rstrip().split("\n")
    return [_line(line, by_line.get(number, []), turn) for number, line in enumerate(lines, 1)]


def _line(line: str, sources: list[tuple[int, NumberSource]], turn: int) -> list[dict[str, object]]:
    pieces: list[dict[str, object]] = []
    done = 0
    for n, source in sorted(sources, key=lambda each: each[1].column):
        start = source.column
        if start < done or line[start : start + len(source.text)] != source.text:
            continue
        pieces.append({"text": line[done:start], "origin": ""})
        pieces.append(
            {
                "text": source.text,
                "origin": source.origin,
                "anchor": f"t{turn}-n{n}",
                "source": describe_source(source),
            }
        )
        done = start + len(source.text)
    return [*pieces, {"text": line[done:], "origin": ""}]


def passages(answer: Answer, turn: int) -> list[dict[str, object]]:
    """The passages that the answer rests on, in pieces: the spans that were used have anchors."""
    return [
        {
            "id": _anchor(passage, turn),
            "place": f"{passage.source} p. {passage.page}, {passage.start}–{passage.end}",
            "pieces": _pieces(passage, answer, turn),
        }
        for passage in (answer.winner.evidence if answer.winner else ())
    ]


def _pieces(passage: Passage, answer: Answer, turn: int) -> list[Piece]:
    inside = {(span.start, span.end): span for span in _used(answer) if _holds(passage, span)}
    pieces: list[Piece] = []
    done = passage.start
    for start, end in sorted(inside):
        if start >= done:  # one that overlaps another is shown with it
            pieces.append((_slice(passage, done, start), ""))
            pieces.append((_slice(passage, start, end), _anchor(inside[start, end], turn)))
            done = end
    return [*pieces, (_slice(passage, done, passage.end), "")]


def _slice(passage: Passage, start: int, end: int) -> str:
    return passage.text[start - passage.start : end - passage.start]


def _used(answer: Answer) -> list[Passage]:
    """The spans that the answer stands on."""
    spans = [span for source in answer.sources if is_placed(source) for span in source.passages]
    return spans + [span for citation in answer.citations if citation.quote for span in citation.passages]


def _holds(passage: Passage, span: Passage) -> bool:
    same = (span.source, span.page) == (passage.source, passage.page)
    return same and passage.start <= span.start < span.end <= passage.end


def _target(span: Passage, answer: Answer, turn: int) -> str:
    """The anchor of a span; empty where none of the passages shown holds it."""
    evidence = answer.winner.evidence if answer.winner else ()
    return _anchor(span, turn) if any(_holds(passage, span) for passage in evidence) else ""


def _anchor(span: Passage, turn: int) -> str:
    return f"t{turn}-{span.source}:{span.page}:{span.start}-{span.end}".replace(" ", "_")
