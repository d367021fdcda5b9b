"""All tables of a document, with their units, totals and kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.tables.continued_tables import joined
from sandreckoner.tools.retrieval.tables.figure_values import figure_value
from sandreckoner.tools.retrieval.tables.markdown_tables import (
    long_table_header,
    tables_of_text,
    with_next_page,
)
from sandreckoner.tools.retrieval.tables.pdf_tables import tables_of_page
from sandreckoner.tools.retrieval.tables.primary_statements import statement_of
from sandreckoner.tools.retrieval.tables.table_units import unit_of_caption
from sandreckoner.tools.retrieval.tables.totals import with_totals
from sandreckoner.tools.retrieval.tables.unit_marks import with_units
from sandreckoner.tools.retrieval.tables.word_boxes import PageLayout


def tables_of_pdf(layouts: Sequence[PageLayout], document: str) -> tuple[Table, ...]:
    """The tables of a PDF, in order; figures without any label, such as those of a chart, are none."""
    found: list[Table] = []
    for number, layout in enumerate(layouts, 1):
        found += tables_of_page(layout, document, number)
    whole = [table for table in joined(found) if any(row.label for row in table.rows)]
    return tuple(_finished(table, layouts[(table.page or 1) - 1].text) for table in with_captions(whole))


def tables_of_pages(pages: Sequence[str], document: str) -> tuple[Table, ...]:
    """The tables of a document whose pages are text, with its tables in Markdown.

    A long table fills several pages, each below the same header. At most `MAX_ROWS` rows of it are kept.
    """
    found: list[Table] = []
    header = ""
    for number, text in enumerate(pages, 1):
        if header and text.startswith(header):
            found[-1] = with_next_page(found[-1], text, number)
            continue
        tables = tables_of_text(text, document, number if len(pages) > 1 else None)
        if document.endswith(".xlsx"):
            tables = [replace(table, sheet=_sheet(text)) for table in tables]
        found += tables
        header = long_table_header(text, tables)
    return tuple(_finished(with_units(table), pages[(table.page or 1) - 1]) for table in found)


def _sheet(text: str) -> str:
    """The name of a sheet, which its reader writes as the heading of its page."""
    return text.partition("\n")[0].removeprefix("# ")


def with_captions(tables: Sequence[Table]) -> list[Table]:
    """The tables of a PDF with their units; one that states no scale has that of the table above it.

    Failing that, it has the scale that nearly all other tables of the document state for money. Not where its
    figures have cents or are too large: prices, amounts per share and whole dollars are in no scale.
    """
    found: list[Table] = []
    for table in tables:
        before = found[-1] if found and found[-1].page == table.page else None
        if before is not None and _may_inherit(table) and unit_of_caption(before.caption).scale:
            table = replace(table, caption=" ".join(filter(None, (before.caption, table.caption))))
        found.append(with_units(table))
    usual = _usual_scale(found)
    return [replace(table, scale=usual) if usual and _is_money(table) else table for table in found]


def _is_money(table: Table) -> bool:
    """Whether a table has money in it, and neither a scale nor figures that have none."""
    return table.unit not in ("", "%") and table.scale == 1 and _may_inherit(table)


def _may_inherit(table: Table) -> bool:
    return not unit_of_caption(f"{table.caption} {table.title}").scale and not _has_cents(table)


def _usual_scale(tables: Sequence[Table]) -> int:
    """The scale that at least four fifths of the tables with money state, of five or more; else 0."""
    stated = Counter(table.scale for table in tables if table.scale > 1)
    scale, times = stated.most_common(1)[0] if stated else (0, 0)
    return scale if times >= 5 and times >= 0.8 * sum(stated.values()) else 0


def _has_cents(table: Table) -> bool:
    """Whether most figures of a table have two decimals, or one of them is beyond ten million."""
    values = [figure_value(cell.text) for row in table.rows for cell in row.cells if cell]
    figures = [value for value in values if value is not None]
    cents = sum(value.as_tuple().exponent == -2 for value in figures)
    return 2 * cents > len(figures) or any(abs(value) > 10_000_000 for value in figures)


def _finished(table: Table, page_text: str) -> Table:
    return replace(with_totals(table), statement=statement_of(table, page_text))
