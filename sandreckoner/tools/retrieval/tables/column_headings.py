"""The headings above columns of figures: their lines joined, a spanning heading given to each column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandreckoner.tools.retrieval.tables.figure_columns import FigureColumn
from sandreckoner.tools.retrieval.tables.word_boxes import Rule, Word
from sandreckoner.tools.retrieval.tables.word_lines import MONTH, WORD_GAP, YEAR, Line

_NOTE = re.compile(r"\s*(?:\(\s*(?:\d{1,2}|[a-z])\s*\)|\[\d{1,2}\]|[*†‡§]+)(?:\s*,?\s*\(\w{1,2}\))*\s*$")
_PERIOD = re.compile(
    r"\b(?:ended|ending|months?|quarters?|weeks?|fiscal|years?|december|as of|at|period)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of a heading line that belong together."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return self.words[-1].x1

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True, slots=True)
class Span:
    """The part of the page's width that is a column's, from the column before it to its own right edge."""

    x0: float
    x1: float

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    def overlap(self, phrase: Phrase) -> float:
        """The share of a phrase, from 0 to 1, that stands in this span."""
        shared = min(self.x1, phrase.x1) - max(self.x0, phrase.x0)
        return max(0.0, shared) / max(0.1, phrase.x1 - phrase.x0)


def spans_of(columns: Sequence[FigureColumn], left: float) -> list[Span]:
    """The width of each column; `left` is where the labels end."""
    spans = []
    for index, column in enumerate(columns):
        if index:
            begin = columns[index - 1].x1
        elif len(columns) > 1:
            begin = max(left, column.x1 - (columns[1].x1 - column.x1))
        else:
            begin = max(left, column.x0 - (column.x1 - column.core_x0))
        after = columns[index + 1].x0 if index + 1 < len(columns) else column.x1 + 12
        beyond = max(0.0, min(6.0, (after - column.x1) / 2))
        spans.append(Span(min(begin, column.x0), column.x1 + beyond))
    return spans


def phrases_of(line: Line, left: float) -> list[Phrase]:
    """The phrases of a line that begin right of `left`, without marks of notes."""
    phrases: list[list[Word]] = []
    size = line.size
    for word in line.words:
        if word.size < 0.8 * size and len(word.text) < 8:
            continue
        if phrases and word.x0 - phrases[-1][-1].x1 < WORD_GAP * size:
            phrases[-1].append(word)
        else:
            phrases.append([word])
    return [Phrase(tuple(words)) for words in phrases if (words[0].x0 + words[-1].x1) / 2 > left]


def headings_of(
    heads: Sequence[tuple[Line, Sequence[Phrase]]],
    columns: Sequence[FigureColumn],
    rules: Sequence[Rule],
    left: float,
) -> list[str]:
    """The heading of each column, its lines joined from the top down.

    A phrase with a rule below it, and headings below that rule, spans the columns over which the rule is
    drawn. Without a rule, it spans the columns in whose middle it stands.

    Args:
        heads: the lines of the heading from the top down, each with its phrases over the columns.
        columns: the columns from the left.
        rules: the rules of the page.
        left: where the labels end and the columns begin.
    """
    spans = spans_of(columns, left)
    parts: list[list[str]] = [[] for _ in columns]
    inside = _rules_of(heads, rules, spans)
    for number, (line, phrases) in enumerate(heads):
        below = [phrase for _, row in heads[number + 1 :] for phrase in row]
        groups = [_ruled_group(phrase, phrases, line, inside, spans) for phrase in phrases]
        if not any(groups):
            groups = _centred_groups(phrases, spans, below)
        for phrase, group in zip(phrases, groups, strict=True):
            for index in group or _own_column(phrase, spans):
                parts[index].append(phrase.text)
    return [clean_heading(" ".join(texts)) for texts in parts]


def clean_heading(text: str) -> str:
    """A heading without marks of notes and spare spaces."""
    text = " ".join(text.split())
    while (shorter := _NOTE.sub("", text)) != text:
        text = shorter
    return text


def _ruled_group(
    phrase: Phrase, phrases: Sequence[Phrase], line: Line, rules: Sequence[Rule], spans: Sequence[Span]
) -> list[int]:
    """The columns below the rule that underlines a phrase; none where no rule does."""
    under = [
        rule
        for rule in rules
        if rule.y < line.y0 + 0.35 * line.size
        and _is_inside(phrase, rule)
        and not (abs(rule.x0 - phrase.x0) < 2 and abs(rule.x1 - phrase.x1) < 2)
    ]
    if not under:
        return []
    rule = max(under, key=lambda rule: rule.y)
    beside = [other for other in phrases if rule.x0 - 2 <= other.middle <= rule.x1 + 2]
    if len(beside) > 1:
        return []
    return [index for index, span in enumerate(spans) if rule.x0 - 3 <= _figure_middle(span) <= rule.x1 + 3]


def _is_inside(phrase: Phrase, rule: Rule) -> bool:
    """Whether a phrase stands over a rule: in its middle, or at one of its ends."""
    if phrase.x0 < rule.x0 - 3 or phrase.x1 > rule.x1 + 3:
        return False
    centred = abs(phrase.middle - (rule.x0 + rule.x1) / 2) < 0.12 * (rule.x1 - rule.x0)
    return centred or phrase.x0 - rule.x0 < 5 or rule.x1 - phrase.x1 < 5


def _rules_of(
    heads: Sequence[tuple[Line, Sequence[Phrase]]], rules: Sequence[Rule], spans: Sequence[Span]
) -> list[Rule]:
    """The rules between the lines of a heading. The lowest count where they part the columns."""
    lines = [line for line, phrases in heads if phrases]
    if not lines or not spans:
        return []
    lowest = lines[-1].y0 + 0.3 * lines[-1].size
    right = spans[-1].x1 + 12
    near = [rule for rule in rules if rule.x1 > spans[0].x0 and rule.x0 < right and rule.y <= lines[0].y0 + 2]
    foot = [rule for rule in near if lowest - 1.2 * lines[-1].size < rule.y <= lowest]
    parted = [
        rule
        for rule in foot
        if sum(abs(rule.y - other.y) < 1.5 for other in foot) > 1
        and all(sum(rule.x0 <= phrase.middle <= rule.x1 for phrase in phrases) < 2 for _, phrases in heads)
    ]
    return [*(rule for rule in near if rule.y > lowest), *parted]


def _figure_middle(span: Span) -> float:
    """A point well inside a column: nearer to its right edge, where its figures stand."""
    return span.x1 - 0.3 * (span.x1 - span.x0)


def _own_column(phrase: Phrase, spans: Sequence[Span]) -> list[int]:
    if not spans:
        return []
    best = max(range(len(spans)), key=lambda index: spans[index].overlap(phrase))
    return [best] if spans[best].overlap(phrase) > 0 else []


def _centred_groups(
    phrases: Sequence[Phrase], spans: Sequence[Span], below: Sequence[Phrase]
) -> list[list[int]]:
    """For each phrase the neighbouring columns in whose middle it stands; several only where it spans them.

    A phrase spans columns where each of them has a heading of its own below it.
    """
    n = len(spans)
    if not below or len(phrases) >= n:
        return [[] for _ in phrases]
    headed = [any(span.overlap(phrase) > 0.5 for phrase in below) for span in spans]
    fitting = [_fits_one(phrase, spans, below) for phrase in phrases]
    if all(headed) and not all(fitting) and (parted := _parted(phrases, spans)):
        return parted
    groups: list[list[int]] = []
    first = 0
    for number, phrase in enumerate(phrases):
        limit = phrases[number + 1].x0 if number + 1 < len(phrases) else float("inf")
        best: list[int] = []
        least = float("inf")
        for start in range(first, n):
            for end in range(start + 1, n):
                covered = range(start, end + 1)
                if spans[end].middle > limit or not all(headed[index] for index in covered):
                    break
                if phrase.x0 < spans[start].x0 - 8 or phrase.x1 > spans[end].x1 + 8:
                    continue
                middle = (spans[start].x0 + spans[end].x1) / 2
                error = abs(middle - phrase.middle) - 0.5 * (end - start)
                if error < least:
                    least, best = error, list(covered)
        own = _own_column(phrase, spans)
        wide = best and least < 0.35 * (spans[best[-1]].x1 - spans[best[0]].x0) / len(best)
        if wide and not fitting[number]:
            groups.append(best)
            first = best[-1] + 1
        else:
            groups.append([])
            first = own[0] + 1 if own else first
    return groups


def _parted(phrases: Sequence[Phrase], spans: Sequence[Span]) -> list[list[int]]:
    """All columns in as many groups of neighbours as there are phrases, each phrase in the middle of one.

    Empty if the phrases do not stand so.
    """
    n, m = len(spans), len(phrases)
    best: dict[tuple[int, int], tuple[float, list[list[int]]]] = {(0, 0): (0.0, [])}
    for number, phrase in enumerate(phrases, 1):
        for end in range(number, n - (m - number) + 1):
            for start in range(number - 1, end):
                if (start, number - 1) not in best:
                    continue
                before, groups = best[start, number - 1]
                group = list(range(start, end))
                width = spans[end - 1].x1 - spans[start].x0
                error = abs((spans[start].x0 + spans[end - 1].x1) / 2 - phrase.middle)
                if error > 0.45 * width / len(group) or phrase.x1 - phrase.x0 > 1.1 * width:
                    continue
                found = (before + error, [*groups, group])
                if (end, number) not in best or found[0] < best[end, number][0]:
                    best[end, number] = found
    return best.get((n, m), (0.0, []))[1]


def _fits_one(phrase: Phrase, spans: Sequence[Span], below: Sequence[Phrase]) -> bool:
    """Whether a phrase stands over one column alone.

    One that names a period, above years or dates in several columns, may stand over the middle one and span.
    """
    own = _own_column(phrase, spans)
    if not own or spans[own[0]].overlap(phrase) < 0.95:
        return False
    if not _PERIOD.search(phrase.text):
        return True
    dated = [other for other in below if YEAR.search(other.text) or MONTH.search(other.text)]
    return len(dated) < 2 or all(spans[own[0]].overlap(other) > 0.5 for other in dated)
