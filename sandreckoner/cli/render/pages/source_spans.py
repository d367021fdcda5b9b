"""Answer ← program ← numbers ← spans, as the page shows them: each leads to the next by an anchor.

Anchors begin with the number of the turn, since a page may hold many.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandreckoner.cli.render.blocks import describe_source, holds, is_placed, place_numbers
from sandreckoner.cli.render.pages.passage_blocks import Piece, passage_blocks
from sandreckoner.core.answer import Answer, NumberSource
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Cell, Row, Table
from sandreckoner.reading.table_figures import column_names, named_tables

_KINDS = {"found": "", "in another passage": "elsewhere"}


def numbers(answer: Answer, turn: int) -> list[dict[str, object]]:
    """A row for each number: the page it stands on, the number, where it came from."""
    rows: list[dict[str, object]] = []
    for n, (source, number) in enumerate(zip(answer.sources, place_numbers(answer), strict=True)):
        at = source.passages[0] if is_placed(source) else None
        rows.append(
            {
                "origin": source.origin,
                "id": f"t{turn}-n{n}",
                "page": number or "",
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
            "kind": _KINDS.get(citation.status, "unsourced"),
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
    """The tables and passages that the answer rests on, in pieces: the spans that were used have anchors."""
    return [*_tables(answer, turn), *_passages(answer, turn)]


def _tables(answer: Answer, turn: int) -> list[dict[str, object]]:
    used = {(span.source, span.page, span.start, span.text): span for span in _used(answer)}
    return [
        {
            "id": f"t{turn}-{name}",
            "place": f"{name}: {table.document} p. {table.page or 1}"
            + (f", {table.title}" if table.title else ""),
            "blocks": [{"rows": [_headings(table), *rows]}],
        }
        for name, table in named_tables(answer.winner.tables if answer.winner else ()).items()
        if (rows := [row for each in table.rows if (row := _row(table, each, used, turn))])
    ]


def _headings(table: Table) -> list[list[Piece]]:
    return [[], *([(name, "")] for name in column_names(table))]


def _row(
    table: Table, row: Row, used: Mapping[tuple[str, int, int, str], Passage], turn: int
) -> list[list[Piece]]:
    """The cells of a row that a figure was looked up in; nothing of any other."""
    cells = [(cell, used.get(_place(table, cell)) if cell else None) for cell in row.cells]
    if not any(span for _, span in cells):
        return []
    label: list[Piece] = [(": ".join((*row.path, row.label)), "")]
    return [
        label,
        *(
            [(" ".join(cell.text.split()), _anchor(span, turn) if span else "")] if cell else []
            for cell, span in cells
        ),
    ]


def _place(table: Table, cell: Cell) -> tuple[str, int, int, str]:
    return table.document, cell.page or table.page or 1, cell.start, cell.text


def _passages(answer: Answer, turn: int) -> list[dict[str, object]]:
    evidence = answer.winner.evidence if answer.winner else ()
    elsewhere = {number for number, at in _numbered(answer) if not any(holds(one, at) for one in evidence)}
    return [
        {
            "id": _anchor(passage, turn),
            "place": f"{'' if number in elsewhere else f'[{number}] '}"
            f"{passage.source} p. {passage.page}, {passage.start}–{passage.end}",
            "blocks": passage_blocks(_pieces(passage, answer, turn)),
        }
        for number, passage in enumerate(evidence, 1)
    ]


def _numbered(answer: Answer) -> list[tuple[int, Passage]]:
    """The places of an answer with their numbers."""
    numbers = zip(place_numbers(answer), answer.sources, strict=True)
    return [(number, source.passages[0]) for number, source in numbers if number]


def _pieces(passage: Passage, answer: Answer, turn: int) -> list[Piece]:
    inside = {(span.start, span.end): span for span in _used(answer) if holds(passage, span)}
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


def _target(span: Passage, answer: Answer, turn: int) -> str:
    """The anchor of a span; empty where none of the passages shown holds it."""
    evidence = answer.winner.evidence if answer.winner else ()
    shown = any(holds(passage, span) for passage in evidence) or _is_cell(answer, span)
    return _anchor(span, turn) if shown else ""


def _is_cell(answer: Answer, span: Passage) -> bool:
    place = (span.source, span.page, span.start, span.text)
    tables = answer.winner.tables if answer.winner else ()
    cells = ((table, cell) for table in tables for row in table.rows for cell in row.cells if cell)
    return any(_place(table, cell) == place for table, cell in cells)


def _anchor(span: Passage, turn: int) -> str:
    place = (
        f"{span.start}-{span.end}" if span.start >= 0 else span.text
    )  # a cell of a workbook has no offsets
    return f"t{turn}-{span.source}:{span.page}:{place}".replace(" ", "_")
