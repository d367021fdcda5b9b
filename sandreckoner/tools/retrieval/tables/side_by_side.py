"""Tables beside each other on a page: where the labels of the right one stand between the columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sandreckoner.tools.retrieval.tables.figure_columns import FigureColumn
from sandreckoner.tools.retrieval.tables.word_lines import MONTH, YEAR, Line, Token, lines_of

_LETTERS = re.compile(r"[^\W\d_]{3,}")


def middle_labels(body: Sequence[Line], columns: Sequence[FigureColumn]) -> float | None:
    """The left edge of labels between two columns; None where there are none.

    Labels differ from row to row and begin at one place; dates and words that repeat are a column of text.
    """
    rows = [line for line in body if line.figures]
    for before, after in pairwise(columns):
        labels = [
            token
            for line in rows
            for token in line.tokens
            if before.x1 - 2 <= token.x0 and token.x1 <= after.core_x0 and _is_label(token)
        ]
        left = min((token.x0 for token in labels), default=0.0)
        aligned = [token for token in labels if token.x0 - left < 3 * token.core.size]
        distinct = {token.text for token in aligned}
        if len(aligned) >= max(3, len(rows) // 2) and len(distinct) > 0.8 * len(aligned):
            return left - 1
    return None


def _is_label(token: Token) -> bool:
    text = token.text
    dated = YEAR.search(text) or MONTH.match(text)
    return token.kind == "text" and _LETTERS.search(text) is not None and not dated


def halves(lines: Sequence[Line], at: float) -> tuple[list[Line], list[Line]]:
    """The lines on either side of `at`; a phrase that crosses it stands on both."""
    left, right = [], []
    for line in lines:
        for token in line.tokens:
            crosses = token.x0 < at < token.x1 and len(token.words) > 1
            for word in token.words:
                if crosses or word.x0 < at:
                    left.append(word)
                if crosses or word.x0 >= at:
                    right.append(word)
    return lines_of(left), lines_of(right)
