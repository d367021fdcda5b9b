"""The words by which a text is found: those of the page, written in one way.

What is written differently and read alike is made the same: ligatures, full-width digits, soft hyphens, words
divided at the end of a line, `1,152.8` and `1152.8`. Scripts that put no spaces between words become pairs of
characters. Only the index sees these words; a passage stays the slice of its page.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_RAISED = re.compile("(?<=[0-9])[⁰¹²³⁴-⁹]+")  # the mark of a note behind a figure is no digit of it
_DIVIDED = re.compile(r"\b([^\W\d_]+)-\n([^\W\d_]+)")
_NUMBER = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:[,.'’\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+[.,]\d+)(?![\w]|[.,]\d)"
)
_LAST_MARK = re.compile(r"[.,](\d+)$")
# Han, kana, Hangul, Thai, Lao, Khmer, Burmese.
_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003134f]+"
)
_LONG = 4  # letters; a longer word may be a part of a compound
_WORD = re.compile(r"[^\W_]+")
_STOP_WORDS = """
    a an and are as at be but by for from had has have how in is it its of on or that the their this to was
    were what when where which who whom why will with did do does
"""
_STOP = frozenset(_STOP_WORDS.split())


def indexed_words(text: str) -> str:
    r"""A text as it is indexed, its words parted by spaces or marks.

    >>> indexed_words("ﬁnancial proﬁt of 1,152.80 in con\u00adsolidated ac-\ncounts, １２３４, 故乡的")
    'financial profit of 1152d8 in consolidated ac counts accounts, 1234,  故乡 乡的 '
    """
    text = unicodedata.normalize("NFKC", _RAISED.sub(" ", text).translate(_INVISIBLE)).casefold()
    text = _DIVIDED.sub(r"\1 \2 \1\2", text)
    text = _NUMBER.sub(_number, text)
    return _UNSPACED.sub(_pairs, text)


def _number(found: re.Match[str]) -> str:
    """A number without its separators, `d` before its decimals: one word, whatever country wrote it.

    One that may be read in two ways, `1.152`, is written in both.
    """
    written = found[0]
    marks = [mark for mark in written if not mark.isdecimal()]
    digits = re.sub(r"\D", "", written)
    last = _LAST_MARK.search(written)
    if last is None or marks[-1] in marks[:-1]:  # only separators of thousands
        return digits
    decimals = last[1].rstrip("0")
    whole = digits[: -len(last[1])]
    read = f"{whole}d{decimals}" if decimals else whole
    return f"{digits} {read}" if len(marks) == 1 and len(last[1]) == 3 and len(whole) < 4 else read


def _pairs(found: re.Match[str]) -> str:
    characters = found[0]
    if len(characters) == 1:
        return f" {characters} "
    return " " + " ".join(one + other for one, other in pairwise(characters)) + " "


def searched_words(question: str) -> list[str]:
    """The words of a question as they are indexed, each once; without stop words where other words remain.

    >>> searched_words('What was the "operating margin" in 2024?')
    ['operating', 'margin', '2024']
    """
    words = list(dict.fromkeys(_WORD.findall(indexed_words(question))))
    return [word for word in words if word not in _STOP] or words


def match_query(question: str) -> str:
    """An FTS5 query for texts that contain any word of `question`; empty if it has no words.

    Every word is quoted, so no FTS5 syntax is interpreted.

    >>> match_query("the operating margin")
    '"operating" OR "margin"'
    """
    return any_of(searched_words(question))


def any_of(words: list[str], *, prefixes: bool = False) -> str:
    """An FTS5 query for texts that contain any of these words.

    Args:
        words: as `searched_words` gives them.
        prefixes: whether a longer word also stands for the words that begin with it: `Umsatz` for
            `Umsatzerlöse`.

    >>> any_of(["故", "umsatz", "im"], prefixes=True)
    '"故"* OR "umsatz"* OR "im"'
    """
    return " OR ".join(f'"{word}"{"*" if _is_beginning(word, prefixes) else ""}' for word in words)


def _is_beginning(word: str, prefixes: bool) -> bool:
    """Whether a word stands for all that begin with it; one character of an unspaced script begins pairs."""
    if _UNSPACED.fullmatch(word):
        return len(word) == 1
    return prefixes and len(word) > _LONG and word.isalpha()
