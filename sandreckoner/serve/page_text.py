"""The stored text of a page in blocks, paragraphs and tables, with a figure's cell or words marked."""

from __future__ import annotations

import re
from typing import Any

_AROUND = 40  # lines shown on each side of the figure
_RULE = re.compile(r"[\s|:+-]+")
_HEADINGS = 2  # rows at the top of a table that are kept when it is cut


def page_blocks(text: str, start: int, end: int, words: str) -> list[dict[str, Any]]:
    """The blocks around a figure.

    Args:
        text: of the page.
        start: offset of the figure; -1 for a cell that has none, which is looked for by its words.
        end: offset after it.
        words: the figure as it is written.

    Returns:
        `{"pieces": [[text, mark], …]}` for a paragraph, `{"rows": [[[text, mark], …], …]}` for a table. A
        mark is `figure`, `row`, `column` or empty.
    """
    if not 0 <= start < end <= len(text):
        start, end = _found(text, words)
    lines = text.split("\n")
    at = text.count("\n", 0, start) if start >= 0 else 0
    first, last = max(0, at - _AROUND), min(len(lines), at + _AROUND + 1)
    blocks: list[dict[str, Any]] = []
    offset = sum(len(line) + 1 for line in lines[:first])
    column: int | None = None
    if start >= 0 and _is_row(lines[at]):
        column = _column(lines[at], start - (text.rfind("\n", 0, start) + 1))
        blocks = [{"rows": rows}] if (rows := _headings(lines, at, first, column)) else []
    table_lines = _table_of(lines, at) if column is not None else range(0)
    for number in range(first, last):
        line = lines[number]
        if _is_row(line):
            if not _RULE.fullmatch(line):
                lit = column if number in table_lines else None
                row = _row(line, lit, is_row=number == at)
                if blocks and "rows" in blocks[-1]:
                    blocks[-1]["rows"].append(row)
                else:
                    blocks.append({"rows": [row]})
        elif line.strip():
            blocks.append({"pieces": _pieces(line, start - offset, end - offset)})
        else:
            blocks.append({"pieces": []})
        offset += len(line) + 1
    return [block for block in blocks if block.get("rows") or block.get("pieces")]


def _found(text: str, words: str) -> tuple[int, int]:
    """The first cell, or else the first place, that reads so."""
    wanted = re.escape(" ".join(words.split()))
    for pattern in (rf"(?<=\|)\s*({wanted})\s*(?=\|)", rf"({wanted})"):
        if words.strip() and (found := re.search(pattern, text)):
            return found.span(1)
    return -1, -1


def _is_row(line: str) -> bool:
    return line.count("|") >= 2


def _table_of(lines: list[str], at: int) -> range:
    first = last = at
    while first > 0 and _is_row(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and _is_row(lines[last + 1]):
        last += 1
    return range(first, last + 1)


def _headings(lines: list[str], at: int, first: int, column: int) -> list[list[list[str]]]:
    """The rows at the top of the figure's table that the cut would leave out."""
    top = _table_of(lines, at).start
    numbers = range(top, min(top + _HEADINGS, first))
    return [_row(lines[n], column, is_row=False) for n in numbers if not _RULE.fullmatch(lines[n])]


def _column(line: str, at: int) -> int:
    return line.count("|", 0, at) - (1 if line.lstrip().startswith("|") else 0)


def _row(line: str, column: int | None, *, is_row: bool) -> list[list[str]]:
    cells = [cell.strip().replace("**", "") for cell in line.strip().strip("|").split("|")]
    marked = []
    for number, cell in enumerate(cells):
        inside = number == column
        mark = "figure" if is_row and inside else "row" if is_row and column is not None else ""
        marked.append([cell, mark or ("column" if inside else "")])
    return marked


def _pieces(line: str, start: int, end: int) -> list[list[str]]:
    if not 0 <= start < len(line):
        return [[line, ""]]
    pieces = [[line[:start], ""], [line[start:end], "figure"], [line[end:], ""]]
    return [piece for piece in pieces if piece[0]]
