"""Lines of words, and the figures and phrases in a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sandreckoner.tools.retrieval.tables.word_boxes import Word

_MONEY = r"(?:US|C|A|HK|NT|R|S)?[$€£¥₹]|USD|EUR|GBP|JPY|CHF|RMB"
_NUMBER = r"(?:\d{1,3}(?:[,.'’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)"
_FIGURE = re.compile(
    rf"[(\[]*(?:{_MONEY})?[(\[]*[-−–+]?(?:{_MONEY})?[(\[]*{_NUMBER}"
    rf"(?:[-–]{_NUMBER}%?)?[)\]]*(?:%|x|X|pts?|bps|pp|¢|[$€£¥])?[)\]]*[*†‡§^]*"
)
_BLANK = re.compile(r"[(\[$€£]*(?:[—–―─-]+|\*+|[Nn]/?[Mm]\.?|[Nn]/?[Aa]\.?|nil|Nil|NM|∞)[)\]]*%?\)?")
_DASHES = ("-", "–", "−")
_OPENING = re.compile(rf"(?:{_MONEY})?\(?(?:{_MONEY})?[-−–]?|\[")
_CLOSING = re.compile(r"\)?%?\)?|\]|pts?\.?|bps|x|pp|€")
YEAR = re.compile(
    r"(?:FY\s?)?(?:19|20)\d\d(?:E|A|F)?[*†]?|FY\d\d|[12]?\d/[0-3]?\d/(?:\d\d)?\d\d|(?:19|20)\d\d\s?[-–/]\s?(?:19|20)?\d\d"
)
_MONTH_NAMES = "January February March April May June July August September October November December"
MONTH = re.compile(rf"(?:{'|'.join(name[:3] for name in _MONTH_NAMES.split())})[a-z]*\.?", re.IGNORECASE)

WORD_GAP = 0.42  # of the height of a line: the widest space inside a phrase of a heading
FREE_GAP = 0.75  # the narrowest space beside a figure that stands by itself


class WordRun:
    """Words from the left that belong together: their text, and where they stand."""

    __slots__ = ()
    words: Sequence[Word]

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


@dataclass(slots=True)
class Token(WordRun):
    """A figure, a blank (`—`), or a phrase: the words of a line that belong together.

    Attributes:
        words: its words from the left.
        kind: `figure`, `blank` or `text`.
        core: the word that has the digits; its right edge is what a column is aligned by.
        free: whether it stands by itself, not inside a sentence.
    """

    words: list[Word]
    kind: str
    core: Word
    free: bool = True

    @property
    def is_year(self) -> bool:
        return YEAR.fullmatch(self.core.text) is not None and len(self.words) == 1


@dataclass(slots=True)
class Line(WordRun):
    """The words of one line from the left, and its tokens."""

    words: list[Word]
    tokens: list[Token] = field(default_factory=list)

    @property
    def y0(self) -> float:
        return _median(word.y0 for word in self.words)

    @property
    def y1(self) -> float:
        return _median(word.y1 for word in self.words)

    @property
    def size(self) -> float:
        return _median(word.size for word in self.words)

    @property
    def x1(self) -> float:
        return max(word.x1 for word in self.words)

    @property
    def figures(self) -> list[Token]:
        """The figures and blanks that stand by themselves."""
        return [token for token in self.tokens if token.kind != "text" and token.free]


def _median(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def text_of(words: Sequence[Word]) -> str:
    """The words with spaces where there are any between them."""
    parts = [words[0].text] if words else []
    for before, word in pairwise(words):
        touching = before.end == word.start
        parts.append(word.text if touching else f" {word.text}")
    return "".join(parts)


def lines_of(words: Sequence[Word]) -> list[Line]:
    """The lines of a page from the top down. A raised mark belongs to the line that it overlaps."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: -word.size):
        best, most = None, 0.0
        for row in rows:
            shared = _shared(word, row[0])
            if shared > max(most, 0.2 if _is_raised(word, row[0]) else 0.5):
                best, most = row, shared
        if best is None:
            rows.append([word])
        else:
            best.append(word)
    lines = [Line(sorted(row, key=lambda word: word.x0)) for row in rows]
    lines.sort(key=lambda line: -(line.y0 + line.y1))
    for line in lines:
        line.tokens = tokens_of(line.words)
    return lines


def _is_raised(word: Word, other: Word) -> bool:
    """Whether a word is the raised mark of a note beside another."""
    return word.size < 0.85 * other.size and word.y0 + word.y1 > other.y0 + other.y1


def _shared(word: Word, other: Word) -> float:
    """How much of the lower of two words stands at the height of the other, from 0 to 1."""
    overlap = min(word.y1, other.y1) - max(word.y0, other.y0)
    return overlap / max(0.1, min(word.size, other.size))


def tokens_of(words: Sequence[Word]) -> list[Token]:
    """The figures, blanks and phrases of a line. A mark is joined to its figure: `$ 5`, `( 5 )`, `5 %`."""
    size = _median(word.size for word in words)
    tokens: list[Token] = []
    opening: list[Word] = []
    for place, word in enumerate(words):
        small = word.size < 0.8 * size
        after = words[place + 1] if place + 1 < len(words) else None
        if word.text in _DASHES and (after is None or after.x0 - word.x1 > 0.5 * word.size):
            tokens.append(Token([*opening, word], "blank", word))
            opening = []
            continue
        if _OPENING.fullmatch(word.text) and not small and not _closes(word, tokens, opening):
            opening.append(word)
            continue
        kind = "text" if _is_mark(word, tokens) else _kind(word, small)
        if _closes(word, tokens, opening):
            tokens[-1].words.append(word)
        elif kind != "text":
            tokens.append(Token([*opening, word], kind, word))
            opening = []
        else:
            _add_text(tokens, [*opening, word])
            opening = []
    if opening:
        _add_text(tokens, opening)
    return _freed(tokens)


def _kind(word: Word, small: bool) -> str:
    if small and len(word.text) < 8:
        return "text"  # the mark of a note
    if _FIGURE.fullmatch(word.text):
        return "figure"
    return "blank" if _BLANK.fullmatch(word.text) else "text"


def _is_mark(word: Word, tokens: Sequence[Token]) -> bool:
    """Whether `(1)` right behind a figure is the mark of a note."""
    if not tokens or tokens[-1].kind != "figure" or not re.fullmatch(r"\(\d{1,2}\)", word.text):
        return False
    return word.x0 - tokens[-1].x1 < 0.35 * word.size


def _closes(word: Word, tokens: list[Token], opening: list[Word]) -> bool:
    """Whether a word is the `)` or `%` of the figure before it."""
    if opening or not tokens or tokens[-1].kind == "text" or not word.text:
        return False
    return _CLOSING.fullmatch(word.text) is not None and word.x0 - tokens[-1].x1 < 1.6 * word.size


def _add_text(tokens: list[Token], words: list[Word]) -> None:
    last = tokens[-1] if tokens else None
    for word in words:
        if last is not None and last.kind == "text" and word.x0 - last.x1 < WORD_GAP * word.size:
            last.words.append(word)
        else:
            last = Token([word], "text", word)
            tokens.append(last)


def _freed(tokens: list[Token]) -> list[Token]:
    """Mark the figures that stand inside a sentence as text, and join them with the words around them."""
    for place, token in enumerate(tokens):
        if token.kind == "text":
            continue
        gap = FREE_GAP * token.core.size
        before = tokens[place - 1] if place else None
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        in_text = before is not None and (before.kind == "text" or not before.free)  # `shares — 500 and 507`
        close_before = before is not None and in_text and _gap_before(before, token) < gap
        close_after = after is not None and after.kind == "text" and after.x0 - token.x1 < 0.6 * gap
        if after is not None and close_after and _is_note(after, token):
            close_after = False
        token.free = not (close_before or close_after)
    return tokens


def _gap_before(before: Token, token: Token) -> float:
    """The widest space between a phrase and the digits of the figure behind it, its `$` aside."""
    edges = [before.x1, *(edge for word in token.words for edge in (word.x0, word.x1))]
    core = token.words.index(token.core)
    return max(edges[2 * place + 1] - edges[2 * place] for place in range(core + 1))


def _is_note(after: Token, token: Token) -> bool:
    return all(word.size < 0.85 * token.core.size for word in after.words) and len(after.text) < 10
