"""Sources of looked-up figures: what a program says it read in tables, borne out by the tables themselves.

A program reports its lookups as table, row, column and value. It may lie, so that a lookup counts only where
that cell is there and holds that value; then its source is the cell itself, with its offsets and its page.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from sandreckoner.core.answer import NumberSource
from sandreckoner.core.execution import JSON, Execution
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import SCALE_NAMES, Cell, Table
from sandreckoner.provenance.table_context import words_of
from sandreckoner.reading.syntax import parse
from sandreckoner.reading.table_figures import (
    cell_figure,
    cell_year,
    checked_column,
    checked_lookup,
    column_names,
    contradiction,
    is_reordered,
    named_tables,
    one_line,
    row_names,
    words_in_order,
)

_YEARS = range(1900, 2100)
_MOST_PLACES = 5  # of a typed number that several cells hold
_TELLING = 2  # words of a label that two tables share because they mean the same


@dataclass(frozen=True, slots=True)
class _Place:
    """A lookup as a program writes it: its text, where that stands, and the name it is given."""

    text: str
    line: int
    column: int
    end_line: int
    end_column: int
    name: str = ""


def trace_lookups(
    program: str, execution: Execution | None, question: str, tables: Sequence[Table]
) -> tuple[NumberSource, ...]:
    """Return the source of each figure that a program looked up and its answer stands on.

    Args:
        program: Python, as it was run.
        execution: its outcome. A figure names the cells it was computed from; for any other value all
            lookups of the program count.
        question: a year of it that no lookup has is noted.
        tables: those that the program had, as `t1`, `t2` and so on.
    """
    named = named_tables(tables)
    written = _places(program, named)
    asked = _years(question)
    reported = [(lookup, checked_lookup(lookup, named)) for lookup in reported_lookups(execution)]
    years = {(name, row, cell_year(*checked[:3])) for (name, row, *_), checked in reported if checked}
    found: list[NumberSource] = []
    for lookup, checked in reported:
        place = _place_of(lookup, checked, written)
        if whole := checked_column(lookup, named):
            found.append(_of_column(place, lookup[0], *whole))
        elif checked is None:
            note = "said to be looked up, but no table has it there"
            found.append(NumberSource(place.text, place.line, place.column, "unsourced", note))
        else:
            slip = _slip(asked, lookup, checked, years) or _elsewhere(*checked[:3], named)
            found.append(_source(place, lookup[0], checked, slip))
    return tuple(dict.fromkeys(found))


def is_label(source: NumberSource, program: str, tables: Sequence[Table]) -> bool:
    """Whether a number of a program is part of a label that looks something up, not a number of its own."""
    inside = any(
        (place.line, place.column) <= (source.line, source.column) < (place.end_line, place.end_column)
        for place in _places(program, named_tables(tables))
    )
    is_year = source.text.isdigit() and int(source.text) in _YEARS
    return inside or (is_year and _is_heading(source.text, tables))


def typed_from_table(source: NumberSource, value: Fraction, tables: Sequence[Table]) -> NumberSource | None:
    """Return the source of a typed number that a cell holds, the first of several; None where none does."""
    hits = [
        (name, table, row, column)
        for name, table in named_tables(tables).items()
        for row in range(len(table.rows))
        for column in range(len(table.columns))
        if (figure := cell_figure(table, row, column)) and _stands_for(figure.value, figure.scale, value)
    ]
    if not hits:
        return None
    name, table, row, column = hits[0]
    rows = {row_names(table)[row].casefold() for _, table, row, _ in hits}
    figure = cell_figure(table, row, column)
    cell = table.rows[row].cells[column]
    assert figure is not None and cell is not None
    turned = "; its sign is turned" if figure.value * value < 0 else ""
    label = f"{name}[{row_names(table)[row]!r}, {column_names(table)[column]!r}]"
    ambiguous = f"; ambiguous: {len(hits)} cells hold it" if len(rows) > 1 else ""
    note = f"typed, not looked up; {label}{turned}{ambiguous}"
    places = [(table, table.rows[row].cells[column]) for _, table, row, column in hits[:_MOST_PLACES]]
    return NumberSource(
        source.text,
        source.line,
        source.column,
        "table",
        note,
        one_line(cell.text),
        tuple(_passage(table, cell) for table, cell in places if cell),
        cell.box,
    )


def _stands_for(shown: Fraction, scale: int, value: Fraction) -> bool:
    return abs(shown) == abs(value) or (scale != 1 and abs(shown) * scale == abs(value))


def _is_heading(text: str, tables: Sequence[Table]) -> bool:
    return any(
        text in _years(label)
        for table in tables
        for label in (*(column.heading for column in table.columns), *(row.label for row in table.rows))
    )


def reported_lookups(execution: Execution | None) -> list[JSON]:
    """The lookups of an execution, as the sandbox's report gives them."""
    if execution is None:
        return []
    value = execution.value
    if isinstance(value, dict) and value.get("type") == "Figure" and isinstance(value.get("sources"), list):
        return [lookup for lookup in value["sources"] if _is_lookup(lookup)]
    return list((execution.figures or {}).get("lookups", []))


def _is_lookup(lookup: JSON) -> bool:
    kinds = (str, int, int, str, int)
    return isinstance(lookup, list) and [type(part) for part in lookup] == list(kinds)


def _of_column(place: _Place, name: str, table: Table, column: int, filled: int) -> NumberSource:
    """The source of what was computed from a long column."""
    every = max(table.n_rows, len(table.rows))
    rows = f"all {filled:,}" if filled == every else f"{filled:,} of {every:,}"
    unit = f"; {unit}" if (unit := table.columns[column].unit or table.unit) else ""
    note = f"column {column_names(table)[column]!r} of {name}, read in {rows} rows of {table.document}{unit}"
    return NumberSource(place.text, place.line, place.column, "table", note)


def _source(place: _Place, name: str, checked: tuple[Table, int, int, Cell], slip: str) -> NumberSource:
    table, row, column, cell = checked
    figure = cell_figure(table, row, column)
    assert figure is not None
    label = f"{row_names(table)[row]}, {column_names(table)[column]}"
    notes = [f"looked up in {name}: {label}"]
    if figure.scale != 1 or figure.unit:
        scale = SCALE_NAMES.get(figure.scale, f"× {figure.scale:,}")
        unit = figure.unit or "unit not known"
        notes.append(f"{unit}, {scale}" if figure.scale != 1 else unit)
    named = _years(place.name)
    if figure.period and named and str(figure.period) not in named:
        notes.append(f"the variable says {', '.join(sorted(named))}, the table {figure.period}")
    elif slip:
        notes.append(slip)
    if is_reordered(cell.text, table.rows[row].label, table.columns[column].heading):
        notes.append("the document reorders its characters: it does not read as it is written")
    if figure.scale != 1 and (stated := contradiction(table.caption)):
        notes.append(f"its caption says {stated}")
    if not table.columns[column].heading and len(table.columns) > 1:
        notes.append("its column has no heading")
    if table.rows[row].sound is False:
        notes.append("its rows do not add up to this total")
    return NumberSource(
        place.text,
        place.line,
        place.column,
        "table",
        "; ".join(notes),
        one_line(cell.text),
        (_passage(table, cell),),
        cell.box,
    )


def _slip(
    asked: set[str],
    lookup: JSON,
    checked: tuple[Table, int, int, Cell],
    years: set[tuple[str, int, int | None]],
) -> str:
    """Say where the question asks for another year: it names several, or the row is looked up for none."""
    year = cell_year(*checked[:3])
    if year is None or not asked:
        return ""
    if missing := asked - {str(each) for _, _, each in years}:
        return f"of {year}; the question asks for {', '.join(sorted(missing))}"
    of_row = {str(each) for name, row, each in years if (name, row) == (lookup[0], lookup[1])}
    foreign = str(year) not in asked and (len(asked) > 1 or not of_row & asked)
    return f"of {year}; the question asks for {', '.join(sorted(asked))}" if foreign else ""


def _elsewhere(table: Table, row: int, column: int, tables: Mapping[str, Table]) -> str:
    """Say where another table of the document has another figure under the same label and heading."""
    own = cell_figure(table, row, column)
    label, heading = words_in_order(table.rows[row].label), words_in_order(table.columns[column].heading)
    if own is None or cell_year(table, row, column) is None or len(label) < _TELLING:
        return ""
    for name, other in tables.items():
        if other is table or other.document != table.document:
            continue
        rows = [place for place, line in enumerate(other.rows) if words_in_order(line.label) == label]
        columns = [
            place for place, head in enumerate(other.columns) if words_in_order(head.heading) == heading
        ]
        figures = [cell_figure(other, *place) for place in product(rows, columns)]
        if len(figures) != 1 or (figure := figures[0]) is None or figure.unit != own.unit:
            continue
        if abs(figure.value * figure.scale - own.value * own.scale) > max(figure.scale, own.scale):
            cell = other.rows[rows[0]].cells[columns[0]]
            return f"{name} has {one_line(cell.text) if cell else 'nothing'} under the same row and heading"
    return ""


def _years(text: str) -> set[str]:
    return {word for word in words_of(text) if word.isdigit() and int(word) in _YEARS}


def _passage(table: Table, cell: Cell) -> Passage:
    page = cell.page if cell.page is not None else table.page
    return Passage(cell.text, table.document, page or 1, cell.start, cell.end, title=table.title)


def _place_of(
    lookup: JSON, checked: tuple[Table, int, int, Cell] | None, written: Sequence[_Place]
) -> _Place:
    """Where the program looks it up: of the lookups on its line the one that names it best."""
    name, row, column, _, line = lookup
    near = [place for place in written if place.line <= line <= place.end_line]
    if checked is None:
        return near[0] if near else _Place(f"{name}[row {row + 1}, column {column + 1}]", line, 0, line, 0)
    table = checked[0]
    labels = words_of(f"{row_names(table)[row]} {column_names(table)[column]}")
    best = max(written, key=lambda place: (len(words_of(place.text) & labels), place in near), default=None)
    text = f"{name}[{row_names(table)[row]!r}, {column_names(table)[column]!r}]"
    return best or _Place(text, line, 0, line, 0)


def _places(program: str, tables: Mapping[str, Table]) -> list[_Place]:
    """Every lookup as the program writes it."""
    try:
        tree = parse(program)
    except SyntaxError:
        return []
    names = {
        id(node): _target(parent)
        for parent in ast.walk(tree)
        if isinstance(parent, ast.Assign | ast.AnnAssign) and parent.value is not None
        for node in ast.walk(parent.value)
    }
    return [
        _Place(
            ast.get_source_segment(program, node) or ast.unparse(node),
            node.lineno,
            node.col_offset,
            node.end_lineno or node.lineno,
            node.end_col_offset or node.col_offset,
            names.get(id(node), ""),
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and _looks_up(node, tables)
    ]


def _looks_up(node: ast.Subscript, tables: Mapping[str, Table]) -> bool:
    """Whether it may look something up: in a table by its name, or by two labels in whatever it names."""
    known = _base(node) in tables or isinstance(node.slice, ast.Tuple)
    return known and isinstance(node.ctx, ast.Load)


def _base(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return target.id if isinstance(target, ast.Name) else ""
