"""A passage as a page shows it: its lines, its headings, and the rows of its tables as tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

Piece = tuple[str, str]  # a text and its anchor, which may be empty
_RULE = re.compile(r"[\s|:+-]+")
_HEADING = re.compile(r"#{1,6} ")


def passage_blocks(pieces: Sequence[Piece]) -> list[dict[str, object]]:
    r"""The blocks of a passage; the stars of bold text are left out.

    Args:
        pieces: its text, with the spans that were used.

    Returns:
        `{"rows": [[[piece, …], …], …]}` for lines that are rows of a table, `{"heading": […]}` for a
        heading of Markdown, `{"pieces": […]}` for others.

    >>> passage_blocks([("## Sales\nIn **USD**\n| **2024** | **", ""), ("512", "a"), ("** |", "")])
    ... # doctest: +NORMALIZE_WHITESPACE
    [{'heading': [('Sales', '')]}, {'pieces': [('In USD', '')]},
     {'rows': [[[('2024', '')], [('512', 'a')]]]}]
    """
    plain = [(text if anchor else text.replace("**", ""), anchor) for text, anchor in pieces]
    blocks: list[dict[str, object]] = []
    for kind, lines in groupby(_split(plain, "\n"), _kind):
        if kind == "rows":
            rows = [_cells(line) for line in lines if not _RULE.fullmatch(_text(line))]
            blocks.append({"rows": rows})
        elif kind == "heading":
            blocks += [{"heading": _kept([(line[0][0].lstrip("#"), ""), *line[1:]])} for line in lines]
        else:
            blocks.append({"pieces": _kept([piece for line in lines for piece in (*line, ("\n", ""))][:-1])})
    return [block for block in blocks if any(block.values())]


def _kept(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces that say something, those without an anchor joined, without empty lines around them."""
    joined: list[Piece] = []
    for text, anchor in pieces:
        if joined and not anchor and not joined[-1][1]:
            joined[-1] = (joined[-1][0] + text, "")
        elif text:
            joined.append((text, anchor))
    if joined and not joined[0][1]:
        joined[0] = (joined[0][0].lstrip(), "")
    if joined and not joined[-1][1]:
        joined[-1] = (joined[-1][0].rstrip(), "")
    return [piece for piece in joined if piece[0]]


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


def _kind(line: Sequence[Piece]) -> str:
    text = _text(line).strip()
    if len(text) > 1 and text.startswith("|") and text.endswith("|"):
        return "rows"
    return "heading" if _HEADING.match(_text(line)) and not line[0][1] else "pieces"


def _text(line: Sequence[Piece]) -> str:
    return "".join(text for text, _ in line)
