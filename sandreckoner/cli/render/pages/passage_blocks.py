"""A passage as a page shows it: its lines, and the rows of its tables as tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

Piece = tuple[str, str]  # a text and its anchor, which may be empty
_RULE = re.compile(r"[\s|:+-]+")


def passage_blocks(pieces: Sequence[Piece]) -> list[dict[str, object]]:
    r"""The blocks of a passage.

    Args:
        pieces: its text, with the spans that were used.

    Returns:
        `{"rows": [[[piece, …], …], …]}` for lines that are rows of a table, `{"pieces": […]}` for others.

    >>> passage_blocks([("Sales\n| 2024 | ", ""), ("512", "a"), (" |", "")])
    [{'pieces': [('Sales', '')]}, {'rows': [[[('2024', '')], [('512', 'a')]]]}]
    """
    blocks: list[dict[str, object]] = []
    for is_row, lines in groupby(_split(pieces, "\n"), _is_row):
        if is_row:
            rows = [_cells(line) for line in lines if not _RULE.fullmatch(_text(line))]
            blocks.append({"rows": rows})
        else:
            kept = [piece for line in lines for piece in (*line, ("\n", ""))][:-1]
            blocks.append({"pieces": [piece for piece in kept if piece[0]]})
    return [block for block in blocks if any(block.values())]


def _cells(line: Sequence[Piece]) -> list[list[Piece]]:
    cells = list(_split(line, "|"))[1:-1]
    return [[(text.strip(), anchor) for text, anchor in cell if text.strip()] for cell in cells]


def _split(pieces: Sequence[Piece], sign: str) -> Iterator[list[Piece]]:
    """The pieces between the occurrences of a sign outside the spans."""
    part: list[Piece] = []
    for text, anchor in pieces:
        if anchor:
            part.append((text, anchor))
            continue
        first, *others = text.split(sign)
        part.append((first, ""))
        for other in others:
            yield part
            part = [(other, "")]
    yield part


def _is_row(line: Sequence[Piece]) -> bool:
    text = _text(line).strip()
    return len(text) > 1 and text.startswith("|") and text.endswith("|")


def _text(line: Sequence[Piece]) -> str:
    return "".join(text for text, _ in line)
