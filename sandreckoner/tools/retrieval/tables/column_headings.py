"""The headings above columns of figures: their lines joined, a spanning heading given to each column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sandreckoner.tools.retrieval.tables.figure_columns import FigureColumn
from sandreckoner.tools.retrieval.tables.word_boxes import Rule, Word
from sandreckoner.tools.retrieval.tables.word_lines import MONTH, WORD_GAP, YEAR, Line, WordRun

_NOTE = re.compile(r"\s*(?:\(\s*(?:\d{1,2}|[a-z])\s*\)|\[\d{1,2}\]|[*†‡§]+)(?:\s*,?\s*\(\w{1,2}\))*\s*$")
_PERIOD = re.compile(
    r"\b(?:ended|ending|months?|quarters?|weeks?|fiscal|years?|december|as of|at|period)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Phrase(WordRun):
    """Words of a heading line that belong together."""

    words: tuple[Word, ...]


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
    kept = [(line, phrases) for line, phrases in heads if phrases]
    levels = _levels(kept, rules, spans)
    edges = {0, len(spans)}
    for number, (_, phrases) in enumerate(kept):
        groups: list[list[int]] = [[] for _ in phrases]
        for first, end in pairwise(sorted(edges)):
            inside = _between(kept, spans, first, end)
            below = [_Level(level.y, _moved(level.columns, first, end)) for level in levels]
            parted = _line_groups(
                number, inside, [level for level in below if level.columns], spans[first:end]
            )
            for phrase, group in zip(inside[number][1], parted, strict=True):
                groups[phrases.index(phrase)] = [first + index for index in group]
        for phrase, group in zip(phrases, groups, strict=True):
            for index in group or _own_column(phrase, spans):
                parts[index].append(clean_heading(phrase.text))
        edges |= {edge for group in groups if len(group) > 1 for edge in (group[0], group[-1] + 1)}
    return [clean_heading(" ".join(texts)) for texts in parts]


def _between(
    heads: Sequence[tuple[Line, Sequence[Phrase]]], spans: Sequence[Span], first: int, end: int
) -> list[tuple[Line, list[Phrase]]]:
    """The lines of a heading with the phrases over the columns from `first` up to `end`.

    What a heading spans above bounds what those below it can span.
    """
    left, right = spans[first].x0, spans[end - 1].x1
    left = float("-inf") if first == 0 else left
    right = float("inf") if end == len(spans) else right
    return [(line, [each for each in phrases if left <= each.middle < right]) for line, phrases in heads]


def _moved(columns: frozenset[int], first: int, end: int) -> frozenset[int]:
    return frozenset(index - first for index in columns if first <= index < end)


def _line_groups(
    number: int,
    heads: Sequence[tuple[Line, list[Phrase]]],
    levels: Sequence[_Level],
    spans: Sequence[Span],
) -> list[list[int]]:
    """The columns that each phrase of a line spans; none where it has one for itself."""
    line, phrases = heads[number]
    groups = _ruled_groups(number, heads, levels, spans)
    if all(groups):
        return groups
    below = [phrase for _, row in heads[number + 1 :] for phrase in row]
    apart = _is_apart(line, [each for each, _ in heads[number + 1 :]], levels)
    centred = _centred_groups(phrases, spans, below, apart=apart)
    taken = {index for group in groups for index in group}
    return [
        group or ([] if taken & set(other) else other) for group, other in zip(groups, centred, strict=True)
    ]


def clean_heading(text: str) -> str:
    """A heading without marks of notes and spare spaces."""
    text = " ".join(text.split())
    while (shorter := _NOTE.sub("", text)) != text:
        text = shorter
    return text


@dataclass(frozen=True, slots=True)
class _Level:
    """The rules at one height, and the columns that they underline."""

    y: float
    columns: frozenset[int]

    def runs(self) -> list[list[int]]:
        """The underlined columns, parted where one between them is not."""
        runs: list[list[int]] = []
        for index in sorted(self.columns):
            if runs and runs[-1][-1] == index - 1:
                runs[-1].append(index)
            else:
                runs.append([index])
        return runs


def _levels(
    heads: Sequence[tuple[Line, Sequence[Phrase]]], rules: Sequence[Rule], spans: Sequence[Span]
) -> list[_Level]:
    """The heights at which rules part the lines of a heading, from the top down."""
    if not heads or not spans:
        return []
    top, bottom = heads[0][0], heads[-1][0]
    near = [rule for rule in rules if bottom.y0 - bottom.size < rule.y <= top.y0 + 0.35 * top.size]
    levels: list[_Level] = []
    for rule in sorted(near, key=lambda rule: -rule.y):
        if any(_underlines(rule, phrase) for _, phrases in heads for phrase in phrases):
            continue
        covered = frozenset(
            index for index, span in enumerate(spans) if rule.x0 - 3 <= _figure_middle(span) <= rule.x1 + 3
        )
        if covered and levels and levels[-1].y - rule.y < 1.5:
            levels[-1] = _Level(levels[-1].y, levels[-1].columns | covered)
        elif covered:
            levels.append(_Level(rule.y, covered))
    return levels


def _underlines(rule: Rule, phrase: Phrase) -> bool:
    """Whether a rule underlines the words of a phrase, and so says nothing about columns."""
    return abs(rule.x0 - phrase.x0) < 2 and -2 < rule.x1 - phrase.x1 < 10


def _ruled_groups(
    number: int,
    heads: Sequence[tuple[Line, Sequence[Phrase]]],
    levels: Sequence[_Level],
    spans: Sequence[Span],
) -> list[list[int]]:
    """The columns that each phrase of a line spans by the rule below it; empty where none shows it.

    The rule right below a line spans what it underlines. One further down spans only phrases that stand in
    its middle; one below the lowest line parts the columns of phrases that stand between two columns.
    """
    line, phrases = heads[number]
    level = next((level for level in levels if level.y < line.y0 + 0.35 * line.size), None)
    groups: list[list[int]] = [[] for _ in phrases]
    if level is None:
        return groups
    foot = heads[-1][0]
    lowest = level.y < foot.y0 + 0.35 * foot.size
    right_below = number + 1 == len(heads) or level.y > heads[number + 1][0].y0 + 0.5 * line.size
    if lowest and all(_overlap_of_own(phrase, spans) > 0.95 for phrase in phrases):
        return groups
    for run in level.runs():
        left, right = spans[run[0]].x0 - 3, spans[run[-1]].x1 + 3
        places = [place for place, phrase in enumerate(phrases) if left <= phrase.middle <= right]
        if not places:
            continue
        near = 0.45 if right_below or lowest else 0.2
        parted = _parted([phrases[place] for place in places], spans[run[0] : run[-1] + 1], near)
        off = abs(phrases[places[0]].middle - (left + right) / 2)
        if len(places) == 1 and right_below and not lowest and off < 0.12 * (right - left):
            parted = [list(range(len(run)))]
        for place, group in zip(places, parted, strict=False):
            groups[place] = [run[0] + index for index in group]
    return groups


def _overlap_of_own(phrase: Phrase, spans: Sequence[Span]) -> float:
    return max((span.overlap(phrase) for span in spans), default=0.0)


def _figure_middle(span: Span) -> float:
    """A point well inside a column: nearer to its right edge, where its figures stand."""
    return span.x1 - 0.3 * (span.x1 - span.x0)


def _own_column(phrase: Phrase, spans: Sequence[Span]) -> list[int]:
    if not spans:
        return []
    best = max(range(len(spans)), key=lambda index: spans[index].overlap(phrase))
    return [best] if spans[best].overlap(phrase) > 0 else []


def _is_apart(line: Line, below: Sequence[Line], levels: Sequence[_Level]) -> bool:
    """Whether a line of a heading is parted from the next one, by a rule or by space."""
    if not below:
        return False
    after = below[0]
    ruled = any(after.y0 + 0.5 * after.size < level.y < line.y0 + 0.35 * line.size for level in levels)
    return ruled or line.y0 - after.y0 > 1.35 * max(line.size, after.size)


def _centred_groups(
    phrases: Sequence[Phrase], spans: Sequence[Span], below: Sequence[Phrase], *, apart: bool
) -> list[list[int]]:
    """For each phrase the neighbouring columns in whose middle it stands; none where it has one for itself.

    A phrase spans columns that have headings of their own below it, or, in the lowest line, none.
    """
    if not phrases or len(phrases) >= len(spans):
        return [[] for _ in phrases]
    if not below and len(spans) == 2 * len(phrases):  # each over an amount and its share
        pairs = _parted(phrases, spans, 0.3)
        if pairs and all(len(pair) == 2 for pair in pairs):
            return pairs
    headed = [not below or any(span.overlap(phrase) > 0.5 for phrase in below) for span in spans]
    fitting = [not (apart and below) and _fits_one(phrase, spans, below) for phrase in phrases]
    if all(headed) and not all(fitting) and (parted := _parted(phrases, spans)):
        return parted
    groups: list[list[int]] = []
    first = 0
    for number, phrase in enumerate(phrases):
        limit = phrases[number + 1].x0 if number + 1 < len(phrases) else float("inf")
        group = [] if fitting[number] or not below else _best_group(phrase, spans, headed, first, limit)
        own = group or _own_column(phrase, spans)
        first = own[-1] + 1 if own else first
        groups.append(group)
    return groups


def _best_group(
    phrase: Phrase, spans: Sequence[Span], headed: Sequence[bool], first: int, limit: float
) -> list[int]:
    """The columns from `first` on, as far as `limit`, in whose middle a phrase stands best."""
    best: list[int] = []
    least = float("inf")
    steps = sorted(after.x1 - before.x1 for before, after in pairwise(spans))
    widest = 1.7 * steps[len(steps) // 2]  # columns further apart than this are not spanned together
    for start in range(first, len(spans)):
        for end in range(start + 1, len(spans)):
            if spans[end].x1 - spans[end - 1].x1 > widest:
                break
            if spans[end].middle > limit or not all(headed[start : end + 1]):
                break
            if phrase.x0 < spans[start].x0 - 8 or phrase.x1 > spans[end].x1 + 8:
                continue
            error = abs((spans[start].x0 + spans[end].x1) / 2 - phrase.middle) - 0.3 * (end - start)
            if error < least:
                least, best = error, list(range(start, end + 1))
    if not best or least > 0.35 * (spans[best[-1]].x1 - spans[best[0]].x0) / len(best):
        return []
    return best


def _parted(phrases: Sequence[Phrase], spans: Sequence[Span], near: float = 0.45) -> list[list[int]]:
    """All columns in as many groups of neighbours as there are phrases, each phrase in the middle of one.

    Empty if the phrases do not stand so, to within the part `near` of a column's width.
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
                if error > near * width / len(group) or phrase.x1 - phrase.x0 > 1.1 * width:
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
