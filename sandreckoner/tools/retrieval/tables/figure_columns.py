"""The columns that the figures of some lines stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandreckoner.tools.retrieval.tables.word_lines import Line, Token


@dataclass(slots=True)
class FigureColumn:
    """Figures below each other.

    Attributes:
        tokens: the figures, from the top.
    """

    tokens: list[Token] = field(default_factory=list)

    @property
    def right(self) -> float:
        """The right edge of its digits."""
        edges = sorted(token.core.x1 for token in self.tokens)
        return edges[len(edges) // 2]

    @property
    def x0(self) -> float:
        """The leftmost edge of a figure, its `$` included."""
        return min(token.x0 for token in self.tokens)

    @property
    def core_x0(self) -> float:
        """The leftmost edge of its digits."""
        return min(token.core.x0 for token in self.tokens)

    @property
    def x1(self) -> float:
        """The rightmost edge of a figure, marks included."""
        return max(token.x1 for token in self.tokens)

    def distance(self, token: Token) -> float:
        """How far a figure stands from this column; 0 where it is in line with it."""
        core = token.core
        overlap = min(core.x1, max(each.core.x1 for each in self.tokens)) - max(core.x0, self.core_x0)
        narrow = min(core.x1 - core.x0, self.x1 - self.core_x0)
        if overlap > 0.5 * narrow:
            return abs(core.x1 - self.right) * 0.2
        return min(abs(core.x1 - self.right), abs(token.x1 - self.x1))


def columns_of(lines: Sequence[Line]) -> list[FigureColumn]:
    """The columns of the free figures, from the left. Two figures of a line are never in one column."""
    columns: list[FigureColumn] = []
    for line in sorted(lines, key=lambda line: -len(line.figures)):
        place_in_columns(line.figures, columns, line.size)
    columns.sort(key=lambda column: column.right)
    return _without_strays(columns)


def place_in_columns(
    tokens: Sequence[Token], columns: list[FigureColumn], size: float, *, grow: bool = True
) -> list[FigureColumn | None]:
    """Put the figures of a line into columns, in order; a figure that fits none begins a column if `grow`.

    Args:
        tokens: figures of one line, from the left.
        columns: the columns found so far; it is added to.
        size: height of the line; a figure may stand up to 0.9 of it beside its column, a blank up to 2.5.
        grow: whether columns may be added.

    Returns:
        The column of each figure.
    """
    columns.sort(key=lambda column: column.right)
    n, m = len(tokens), len(columns)
    limit = 0.9 * size
    # Alignment by dynamic programming: cost[i][j] of the first i figures in the first j columns.
    cost = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        reach = 2.5 * size if tokens[i - 1].kind == "blank" else limit
        cost[i][0] = cost[i - 1][0] + reach
        for j in range(1, m + 1):
            distance = columns[j - 1].distance(tokens[i - 1])
            placed = cost[i - 1][j - 1] + distance if distance < reach else float("inf")
            cost[i][j] = min(cost[i - 1][j] + reach, cost[i][j - 1], placed)
    found: list[FigureColumn | None] = [None] * n
    i, j = n, m
    while i and j:
        if cost[i][j] == cost[i][j - 1]:
            j -= 1
        elif cost[i][j] == cost[i - 1][j] + (2.5 * size if tokens[i - 1].kind == "blank" else limit):
            i -= 1
        else:
            found[i - 1] = columns[j - 1]
            i, j = i - 1, j - 1
    for index, token in enumerate(tokens):
        column = found[index]
        if column is None and grow:
            column = FigureColumn()
            columns.append(column)
            found[index] = column
        if column is not None:
            column.tokens.append(token)
    return found


def _without_strays(columns: list[FigureColumn]) -> list[FigureColumn]:
    """Drop columns of a single figure to the left of all others: numbers at the end of a label."""
    many = [column for column in columns if len(column.tokens) > 1]
    first = many[0].right if many else float("-inf")
    return [column for column in columns if len(column.tokens) > 1 or column.right > first]
