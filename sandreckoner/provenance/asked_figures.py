"""What a question asks for against what a program looked up: where they part, the answer is to be doubted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sandreckoner.core.execution import JSON, Execution
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Table
from sandreckoner.provenance.lookups import reported_lookups
from sandreckoner.reading.table_figures import (
    cell_figure,
    cell_year,
    checked_lookup,
    named_tables,
    row_names,
    words_in_order,
)

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SPAN = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*(?:to|through|until|[-–])\s*(?:FY\s*)?((?:19|20)\d\d)(?!\d)")
_PERCENTAGE = re.compile(r"\bpercent(?:age)?\b(?! points?)|\bper cent\b|%", re.IGNORECASE)
_RELATIVE = re.compile(
    r"percent|per cent|%|\b(?:proportion|ratio|rates?|grow(?:s|n|th|ing)?|grew|margins?|shares? of|returns?"
    r"|yields?|basis|times|relative|compared?|improv\w*|yoy|how fast|cagr|profile|performed|consistent)\b",
    re.IGNORECASE,
)
_OPERATION = re.compile(r"\b(?:average|change|increase|decrease|difference)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\b(?:changes?|increases?|growth|grow|grew|rise|rose)\b", re.IGNORECASE)
# Measures that divide one row by another, as questions name them: those that say more first.
_MEASURES = {
    "quick ratio": ("current assets without inventories", "current liabilities"),
    "current ratio": ("current assets", "current liabilities"),
    "inventory turnover": ("cost of sales", "inventories"),
    "turnover ratio": ("sales or costs", "what is turned over"),
    "gross margin": ("gross profit", "revenue"),
    "gross profit margin": ("gross profit", "revenue"),
    "operating margin": ("operating income", "revenue"),
    "operating profit margin": ("operating income", "revenue"),
    "margin": ("a profit", "revenue"),
    "cash flow conversion": ("free cash flow", "net income"),
    "cashflow conversion": ("free cash flow", "net income"),
    "effective tax rate": ("income tax", "income before taxes"),
    "as a percent": ("a part", "its whole"),
}
_MEASURED = re.compile(r"margin|ratio|turnover|rate|percent|conversion|return on|%", re.IGNORECASE)
_BACKWARDS = "the later from the earlier"  # as figures note it
_EMPTY = frozenset(
    re.findall(r"\w+", "total other others net cost costs change average year years amount percentage")
)
_MAX_TOLD = 2
_LEAST_WORDS = 4  # of a text; fewer are a name, or yes and no
_MAX_QUOTED = 60
_LEAST_LETTERS = 4  # of a label that a question names in passing


@dataclass(frozen=True, slots=True)
class _Looked:
    """A cell that a program looked up."""

    table: Table
    row: int
    column: int


def doubt(
    question: str, execution: Execution | None, tables: Sequence[Table], passages: Sequence[Passage] = ()
) -> str:
    """Say in one line where what was looked up is not what the question asks for; empty where it seems to be.

    Args:
        question: in words.
        execution: of a program that could look figures up.
        tables: those that it had, as `t1`, `t2` and so on.
        passages: those that its writer had beside them.
    """
    named = named_tables(tables)
    checked = [checked_lookup(lookup, named) for lookup in reported_lookups(execution)]
    looked = [_Looked(*found[:3]) for found in checked if found]
    if execution is None:
        return ""
    if not looked:
        return _typed_text(execution.value, question, tables, passages)
    return "; ".join(islice(_doubts(question, execution, looked, tables), _MAX_TOLD))


def _typed_text(value: JSON, question: str, tables: Sequence[Table], passages: Sequence[Passage]) -> str:
    """Say that a text which a program returns stands nowhere in what its writer was shown."""
    items = value if isinstance(value, list) else [value]
    shown = [passage.text for passage in passages]
    shown += [" ".join((*row.path, row.label)) for table in tables for row in table.rows]
    there = [words_in_order(text) for text in (question, *shown)]
    for item in items:
        words = words_in_order(item) if isinstance(item, str) else ()
        if len(words) >= _LEAST_WORDS and not any(_holds(text, words) for text in there):
            return f"“{item[:_MAX_QUOTED]}” stands in no passage; if one answers, return its words"
    return ""


def _doubts(
    question: str, execution: Execution, looked: Sequence[_Looked], tables: Sequence[Table]
) -> Iterator[str]:
    rows, said = _named_rows(question, tables), set(words_in_order(question))
    used = {words_in_order(each.table.rows[each.row].label) for each in looked}
    used |= {words_in_order(each.table.columns[each.column].heading) for each in looked}
    for words, name in rows.items():
        if words not in used and not any(_holds(rest, words) and said.issuperset(rest) for rest in used):
            yield f"the question names {name}, which was not looked up"
    asked = set(_YEAR.findall(question))
    years = {cell_year(each.table, each.row, each.column) for each in looked}
    if None not in years:
        there = {str(year) for each in looked for year in _years_of_row(each)}
        for year in sorted(asked & there - {str(year) for year in years}):
            yield f"the question asks for {year}, which was not looked up"
        if "average" in question.lower() and (span := _SPAN.search(question)):
            between = {year for year in there if span[1] <= year <= span[2]}
            if missing := sorted(between - {str(year) for year in years}):
                yield f"an average from {span[1]} to {span[2]} also has {', '.join(missing)}"
    yield from _unit_doubts(question, execution, looked)
    notes = (execution.figures or {}).get("notes", ())
    if _CHANGE.search(question) and any(_BACKWARDS in note for note in notes):
        yield "a change is the figure of the later year less that of the earlier one"
    yield from _of_one_row(question, looked)
    if len(set(looked)) == 1:
        yield from _of_one_figure(question, looked[0])


def _of_one_row(question: str, looked: Sequence[_Looked]) -> Iterator[str]:
    """Where one row alone was looked up for a measure that divides one by another, and is not one itself."""
    labels = {each.table.rows[each.row].label for each in looked}
    measure = next((name for name in _MEASURES if name in question.lower()), "")
    if len(labels) != 1 or not measure:
        return
    (label,) = labels
    figures = [cell_figure(each.table, each.row, each.column) for each in looked]
    headings = " ".join(each.table.columns[each.column].heading for each in looked)
    if not _MEASURED.search(f"{label} {headings}") and not any(each and each.unit == "%" for each in figures):
        part, whole = _MEASURES[measure]
        yield f"{measure} is {part} divided by {whole}, and {label!r} alone was looked up"


def _of_one_figure(question: str, looked: _Looked) -> Iterator[str]:
    """Where one figure alone was looked up for an average or a change, and is not one itself."""
    column = looked.table.columns[looked.column]
    label = f"{looked.table.rows[looked.row].label} {column.heading}"
    operation = _OPERATION.search(question)
    if operation and not column.unit and not _OPERATION.search(label):
        what = operation[0].lower()
        whose = "of a year it is of its figure and that of the year before"
        if not _YEAR.search(question):
            whose = "without a year it is of all figures of the row"
        more = f"; {whose}" if what == "average" else ""
        yield f"the question asks for the {what}, and one figure alone was looked up{more}"


def _unit_doubts(question: str, execution: Execution, looked: Sequence[_Looked]) -> Iterator[str]:
    """Where the result is no amount, or no percentage, as the question asks, or has a unit of nothing."""
    value = execution.value
    unit = value.get("unit") if isinstance(value, dict) and value.get("type") == "Figure" else None
    figures = [cell_figure(each.table, each.row, each.column) for each in looked]
    if (
        unit == "%"
        and not _RELATIVE.search(question)
        and not any(each and each.unit == "%" for each in figures)
    ):
        yield "the question asks for an amount, not for a percentage"
    if unit and "^" in unit:
        yield f"the result is in {unit}, and nothing is measured in that"
    if unit and "%" not in unit and unit != "ratio" and _PERCENTAGE.search(question):
        yield f"the question asks for a percentage, not for an amount in {unit}"


def _named_rows(question: str, tables: Sequence[Table]) -> dict[tuple[str, ...], str]:
    """The rows that a question names by their whole label, and none whose label is part of another's."""
    asked = words_in_order(question)
    labels = {
        words_in_order(row.label): f"{table_name}[{name!r}]"
        for table_name, table in named_tables(tables).items()
        for row, name in zip(table.rows, row_names(table), strict=True)
        if any(row.cells)
    }
    found: dict[tuple[str, ...], str] = {}
    for words in sorted(labels, key=len, reverse=True):
        telling = sum(map(len, words)) >= _LEAST_LETTERS and not all(word in _EMPTY for word in words)
        if telling and _holds(asked, words) and not any(_holds(longer, words) for longer in found):
            found[words] = labels[words]
    return found


def _holds(whole: tuple[str, ...], part: tuple[str, ...]) -> bool:
    """Whether some words stand in others one after the other."""
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))


def _years_of_row(looked: _Looked) -> set[int]:
    """The years of the cells of a row that are not blank."""
    cells = looked.table.rows[looked.row].cells
    years = {cell_year(looked.table, looked.row, place) for place, cell in enumerate(cells) if cell}
    return {year for year in years if year is not None}
