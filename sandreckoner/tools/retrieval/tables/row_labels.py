"""Labels of rows: wrapped lines joined, the headings of sections and the indentation as a path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sandreckoner.tools.retrieval.tables.column_headings import clean_heading
from sandreckoner.tools.retrieval.tables.word_boxes import Word
from sandreckoner.tools.retrieval.tables.word_lines import Token, text_of

_INDENT = 2.5  # points: a label that begins further right is indented
_OPEN_END = re.compile(
    r"(?:[,/(–—-]|\b(?:and|or|of|to|from|in|on|for|by|with|the|net|a|an|at|per|non))$", re.I
)
_LEADERS = re.compile(r"(?:\s*[.…_]){3,}\s*$|\s*…\s*$")  # dots that lead to the figures
_MARK = re.compile(r"[(\[]?(?:\d{1,2}|[a-z])(?:\s*[,)\]]\s*[(\[]?(?:\d{1,2}|[a-z])?)*[)\]]?|[*†‡§]+|[(),]")
_IS_NOTE = re.compile(r"\(\w{1,2}\)")
_TOTAL = re.compile(
    r"^(?:(?:sub-?)?total|net|gross|adjusted|income|loss|earnings|ebit\w*|operating (?:income|profit))\b",
    re.I,
)


@dataclass(slots=True)
class LabelledLine:
    """A line of a table: the words of its label, and its figures by column.

    Attributes:
        words: the words of the label; of several lines once wrapped lines are joined.
        y: height of the line's middle above the page's lower edge.
        size: the line's height.
        cells: column to figure.
        indent: left edge of the label.
        heading: whether it is the heading of a section.
        path: the headings above it.
    """

    words: list[Word]
    y: float
    size: float
    cells: dict[int, Token] = field(default_factory=dict)
    indent: float = 0.0
    heading: bool = False
    path: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The label without marks of notes."""
        text = clean_heading(text_of([word for word in self.words if not self._is_mark(word)]))
        return _LEADERS.sub("", text)

    def _is_mark(self, word: Word) -> bool:
        small = word.size < 0.8 * max(each.size for each in self.words)
        return small and _MARK.fullmatch(word.text) is not None

    @property
    def right(self) -> float:
        """Right edge of the label."""
        return max((word.x1 for word in self.words), default=0.0)


def join_wrapped(lines: Sequence[LabelledLine]) -> list[LabelledLine]:
    """The lines with each label that goes on over several lines joined to the line with its figures."""
    pitch = _pitch(lines)
    widest = max((line.right for line in lines), default=0.0)
    joined: list[LabelledLine] = []
    for line in lines:
        before = joined[-1] if joined else None
        if before is not None and _goes_on(before, line, pitch, widest):
            _merge(before, line)
        else:
            joined.append(line)
    return joined


def _pitch(lines: Sequence[LabelledLine]) -> float:
    """The usual distance between two rows that both have label and figures."""
    steps = sorted(
        upper.y - lower.y
        for upper, lower in pairwise(lines)
        if upper.cells and lower.cells and upper.words and lower.words
    )
    return steps[len(steps) // 2] if steps else 0.0


def _goes_on(before: LabelledLine, line: LabelledLine, pitch: float, widest: float) -> bool:
    """Whether `line` continues the label of `before`.

    A label goes on below where its next word would have been wider than the column of labels.
    """
    step = before.y - line.y
    if step > 1.9 * max(before.size, line.size):
        return False
    tight = step < 1.45 * line.size and (pitch == 0.0 or step < 0.88 * pitch)
    if not before.words or not line.words:
        # The figures stand half-way between the two lines of their label, or below a label of one line.
        return tight and bool(before.cells) != bool(line.cells) and step < 0.8 * (pitch or line.size)
    if before.cells and line.cells:
        return False
    text, own = before.label, line.label
    if text.endswith(":"):
        return False
    lower = own[:1].islower() or (own[:1] in "(&/" and not _IS_NOTE.match(own))
    if before.cells:  # the figures stand beside the first line of their label
        return lower and not line.cells and line.indent >= before.indent - _INDENT and step < 1.5 * line.size
    over = before.right + 0.25 * line.size + line.words[0].x1 - line.words[0].x0 > widest
    if lower and (over or tight):
        return True
    if _OPEN_END.search(text) and line.indent >= before.indent - _INDENT:
        return over or tight
    return tight and over and line.indent >= before.indent - _INDENT


def _merge(before: LabelledLine, line: LabelledLine) -> None:
    before.words = [*before.words, *line.words]
    if not before.indent and line.words:
        before.indent = line.indent
    before.cells = {**before.cells, **line.cells}
    before.y = line.y
    before.size = max(before.size, line.size)


def set_paths(lines: Sequence[LabelledLine]) -> None:
    """Give each line the headings above it, by indentation.

    A line without figures is the heading of what follows, until a heading as far left, or the total that
    names it. A row with figures stands above rows that are indented further, unless those are totals.
    """
    open_above: list[_Above] = []
    for line, after in zip(lines, [*lines[1:], None], strict=True):
        label = line.label.rstrip(": ")
        indented = after is not None and after.indent > line.indent + _INDENT
        line.heading = not line.cells
        while open_above and _closes(open_above[-1], line, indented):
            open_above.pop()
        total = _TOTAL.search(label) is not None
        line.path = tuple(
            above.label
            for above in open_above
            if above.heading or (not total and line.indent > above.indent + _INDENT)
        )
        if line.heading:
            open_above.append(_Above(line.indent, label, True, indented))
            continue
        _close_totalled(open_above, label)
        if label and indented and after is not None and after.cells and not total:
            open_above.append(_Above(line.indent, label, False, True))


@dataclass(frozen=True, slots=True)
class _Above:
    """What stands above a row: a heading or a row, and whether what follows it is indented."""

    indent: float
    label: str
    heading: bool
    indented: bool


def _closes(above: _Above, line: LabelledLine, indented: bool) -> bool:
    """Whether a line ends what stands above it."""
    if not line.words:
        return False
    if above.heading and not above.indented:  # its rows stand as far left as itself
        goes_on = line.cells or (indented and line.label.endswith(":"))
        return line.indent < above.indent - _INDENT if goes_on else line.indent <= above.indent + _INDENT
    return line.indent <= above.indent + _INDENT


def _close_totalled(open_above: list[_Above], label: str) -> None:
    """After `Total current assets` or a total without a label, the section `Current assets` is over."""
    words = set(re.findall(r"\w+", label.lower()))
    if label and not words & {"total", "net"}:
        return
    for depth in range(len(open_above) - 1, -1, -1):
        above = open_above[depth]
        if above.heading and (not label or set(re.findall(r"\w+", above.label.lower())) <= words):
            del open_above[depth:]
            return
