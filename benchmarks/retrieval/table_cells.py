"""How many cells of labelled PDF pages are recovered with row, column, sign and unit.

    python -m benchmarks.retrieval.table_cells LABELS_FOLDER [REPORTS_FOLDER] [--wrong]

A file of labels has pages, tables and rows:

    @ REPORT.pdf 40
    # USD 1000000 | [Years ended] 2022 | 2021 | Change {%}
    Section > Label of the row {USD/share} | 1234 | -5.6 | 12%

The first part of a row is its label, after a section above it where the label alone is ambiguous; words of a
heading in square brackets may be there or not; a unit (and scale) in braces is that of the row or column; `?`
is a unit that is not asked for. Blank cells are empty.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]

from sandreckoner.core.table import Row, Table
from sandreckoner.tools.retrieval.tables.document_tables import tables_of_pdf
from sandreckoner.tools.retrieval.tables.word_boxes import PageLayout, read_layout

REPORTS = Path("../shared/data/reports")
_MINOR = {"unaudited", "in", "millions", "thousands", "dollars", "usd"}


@dataclass
class Labels:
    """A labelled table: unit and scale, headings with their own units, and rows."""

    unit: tuple[str, int]
    columns: list[tuple[str, tuple[str, int] | None]]
    rows: list[tuple[list[str], tuple[str, int] | None, list[str]]] = field(default_factory=list)


def main() -> None:
    """Print what is recovered of each page, of each file of labels, and of all."""
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    reports = Path(arguments[1]) if len(arguments) > 1 else REPORTS
    everything: Counter[str] = Counter()
    for file in sorted(Path(arguments[0]).glob("*.txt")):
        subtotal: Counter[str] = Counter()
        for (name, page), labels in read_labels(file).items():
            tables = tables_of(reports / name, page)
            counts: Counter[str] = Counter()
            for wanted in labels:
                counts += compare(wanted, tables, show="--wrong" in sys.argv)
            print(f"  {name} {page}: {line_of(counts)}")
            subtotal += counts
        print(f"{file.stem}: {line_of(subtotal)}")
        everything += subtotal
    print(f"all: {line_of(everything)}")


def tables_of(file: Path, page: int) -> list[Table]:
    """The tables with cells on a page; one may begin on the pages before it."""
    document = pypdfium2.PdfDocument(file)
    first = max(1, page - 3)
    empty = [PageLayout("")] * (first - 1)
    layouts = [read_layout(document[number - 1]) for number in range(first, page + 1)]
    return [table for table in tables_of_pdf([*empty, *layouts], file.name) if page in pages_of(table)]


def pages_of(table: Table) -> set[int | None]:
    """The pages on which a table has cells."""
    return {cell.page or table.page for row in table.rows for cell in row.cells if cell}


def line_of(counts: Counter[str]) -> str:
    """The counts as shares of the labelled cells."""
    n = counts["cells"]
    shares = (
        f"{name} {100 * counts[name] / max(1, n):.1f} %" for name in ("row", "place", "sign", "unit", "all")
    )
    return f"{n} cells, {', '.join(shares)}"


def read_labels(file: Path) -> dict[tuple[str, int], list[Labels]]:
    """The labelled tables of each page."""
    pages: dict[tuple[str, int], list[Labels]] = {}
    tables: list[Labels] = []
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("@"):
            _, name, page = line.split()
            tables = pages.setdefault((name, int(page)), [])
        elif line.startswith("#"):
            head, *columns = re.split(r"\s\|\s?", line[1:].strip())
            unit, scale = head.split()
            tables.append(Labels((unit, int(scale)), [_with_unit(column) for column in columns]))
        elif line.strip():
            label, *cells = [part.strip() for part in line.split("|")]
            text, unit = _with_unit(label)
            tables[-1].rows.append((re.split(r"\s+>\s*", text), unit, cells))
    return pages


def _with_unit(text: str) -> tuple[str, tuple[str, int] | None]:
    found = re.search(r"\{(\S+?)(?: (\d+))?\}\s*$", text)
    if not found:
        return text.strip(), None
    return text[: found.start()].strip(), (found[1], int(found[2] or 1))


def compare(wanted: Labels, tables: list[Table], *, show: bool = False) -> Counter[str]:
    """The counts for a labelled table against the extracted table that fits it best."""
    results = [(_against(wanted, table), table) for table in tables]
    if not results:
        return Counter(cells=sum(1 for row in wanted.rows for cell in row[2] if _is_number(cell)))
    (best, wrong), _ = max(results, key=lambda result: (result[0][0]["place"], result[0][0]["all"]))
    if show:
        print("\n".join(wrong))
    return best


def _against(wanted: Labels, table: Table) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    wrong = []
    columns = _columns(wanted, table)
    seen: Counter[tuple[str, ...]] = Counter()
    for path, unit, cells in wanted.rows:
        matching = [row for row in table.rows if _same_row(path, row)]
        row = matching[seen[tuple(path)]] if len(matching) > seen[tuple(path)] else None
        seen[tuple(path)] += 1
        for place, cell in enumerate(cells):
            if not _is_number(cell):
                continue
            counts["cells"] += 1
            if row is None:
                wrong.append(f"    no row {' > '.join(path)}")
                continue
            counts["row"] += 1
            index = columns[place]
            found = row.cells[index] if index is not None else None
            if found is None or _digits(found.text) != _digits(cell):
                wrong.append(f"    {path[-1]} | {wanted.columns[place][0]} | {cell}: {found and found.text}")
                continue
            counts["place"] += 1
            signed = _is_minus(found.text) == _is_minus(cell)
            counts["sign"] += signed
            expected = ("%", 1) if "%" in cell else unit or wanted.columns[place][1] or wanted.unit
            own = _unit(found.text, row, table, index or 0)
            right = expected == own or expected[0] in ("?", "stores") or (expected[0] == "%" == own[0])
            counts["unit"] += right
            counts["all"] += signed and right
            if not (signed and right):
                wrong.append(
                    f"    {path[-1]} | {wanted.columns[place][0]} | {cell} {expected}: {found.text} {own}"
                )
    return counts, wrong


def _columns(wanted: Labels, table: Table) -> list[int | None]:
    places: list[int | None] = []
    for heading, _ in wanted.columns:
        fitting = [
            index
            for index, column in enumerate(table.columns)
            if index not in places and _same_heading(heading, column.heading)
        ]
        places.append(fitting[0] if fitting else None)
    return places


def _same_heading(wanted: str, found: str) -> bool:
    optional = Counter(_words(" ".join(re.findall(r"\[(.*?)\]", wanted))))
    needed = Counter(_words(re.sub(r"\[.*?\]", " ", wanted)))
    own = Counter(_words(found))
    extra = own - needed
    return not needed - own and all(word in optional or word in _MINOR for word in extra)


def _same_row(path: list[str], row: Row) -> bool:
    if _words(row.label) != _words(path[-1]):
        return False
    above = [_words(part) for part in row.path]
    return all(_words(part) in above for part in path[:-1])


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9%]+", re.sub(r"\(\s*\d\s*\)", " ", text.lower()))


def _is_number(cell: str) -> bool:
    return any(character.isdecimal() for character in cell)


def _digits(text: str) -> str:
    return re.sub(r"[^\d.]", "", text)


def _is_minus(text: str) -> bool:
    return "(" in text or re.match(r"\s*[$€£]?\s*[-−–]", text) is not None


def _unit(text: str, row: Row, table: Table, index: int) -> tuple[str, int]:
    if "%" in text:
        return "%", 1
    column = table.columns[index]
    if row.unit:
        return row.unit, row.scale
    if column.unit:
        return column.unit, column.scale
    return table.unit, table.scale


if __name__ == "__main__":
    main()
