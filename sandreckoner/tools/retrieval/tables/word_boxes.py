"""The text of a PDF page with the rectangle of each word, and the horizontal rules drawn on the page.

Offsets are exact by construction: PDFium numbers the characters of a page, and the text is those characters.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sandreckoner.core.table import Box

_RULE_HEIGHT = 3.5  # points; whatever is higher is a background, not a rule
_MAX_PATHS = 20_000  # a drawn map or chart has more, and no rules of a table
_JOINED = re.compile(r"[\ufffe\x02]")  # PDFium marks a hyphen at the end of a line with one of these


@dataclass(frozen=True, slots=True)
class Word:
    """A word on a page.

    Attributes:
        text: its characters.
        start: offset of the first in the page's text.
        end: offset after the last.
        x0: left edge, in points.
        y0: lower edge.
        x1: right edge.
        y1: upper edge.
    """

    text: str
    start: int
    end: int
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def size(self) -> float:
        """The height of its line, about 1.2 times the size of its font."""
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        """Half-way between its left and right edges."""
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line on a page: its height above the lower edge, and where it begins and ends."""

    y: float
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A page's text, the words in it, and its rules. On a page that is read sideways, all are turned.

    Attributes:
        text: what is stored of the page; words are slices of it.
        words: in the order of the text.
        rules: from the top down.
        turned: degrees clockwise by which the text stands on the page: 0, 90, 180 or 270.
        middle: half-way between the left and right edges of the page.
    """

    text: str
    words: tuple[Word, ...] = ()
    rules: tuple[Rule, ...] = ()
    turned: int = 0
    middle: float = 0.0

    def box(self, words: list[Word]) -> Box:
        """The rectangle around some words, on the page as it is."""
        left, right = min(word.x0 for word in words), max(word.x1 for word in words)
        bottom, top = min(word.y0 for word in words), max(word.y1 for word in words)
        corners = [_turn(left, bottom, -self.turned), _turn(right, top, -self.turned)]
        (x0, x1), (y0, y1) = sorted(x for x, _ in corners), sorted(y for _, y in corners)
        return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)


def read_layout(page: Any) -> PageLayout:
    """Read a page of pypdfium2. Only one thread may be in PDFium at a time."""
    textpage = page.get_textpage()
    try:
        n_characters = textpage.count_chars()
        characters = _characters(textpage.get_text_range(), n_characters)
        if len(characters) == n_characters and _is_torn(characters):
            characters = _mended(textpage.raw, characters)
        text, offsets = _stored(characters)
        if len(characters) != n_characters:
            return PageLayout(text)
        turned = _turned(textpage.raw, n_characters)
        words = tuple(_words(textpage.raw, characters, offsets, turned))
    finally:
        textpage.close()
    width, height = page.get_size() if page.get_rotation() % 180 == 0 else page.get_size()[::-1]
    middle = _turn(width / 2, height / 2, turned)[0]
    return PageLayout(text, words, tuple(_rules(page, turned)), turned, middle)


def _characters(text: str, n: int) -> list[str]:
    """The characters as PDFium numbers them; one above U+FFFF may count twice."""
    if len(text) == n:
        return list(text)
    units: list[str] = []
    for character in text:
        units += [character] if ord(character) < 0x10000 else [character, ""]
    return units


def _is_torn(characters: Sequence[str]) -> bool:
    """Whether a page comes with a line for nearly each letter: its letters are placed one by one."""
    lines = "".join(characters).split("\n")
    return sum(len(line.strip()) < 3 for line in lines) > max(20, len(lines) // 3)


def _mended(textpage: Any, characters: list[str]) -> list[str]:
    """The characters without the breaks between letters of one line; each keeps its place in the list."""
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    rectangle = pdfium.FS_RECTF()
    mended = list(characters)
    before: tuple[int, Box] | None = None
    for index, character in enumerate(characters):
        if character.isspace() or character in ("", "\0"):
            continue
        if not pdfium.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(rectangle)):
            continue
        box = (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
        if before is not None and index - before[0] > 1 and _same_line(before[1], box):
            gap = "" if box[0] - before[1][2] < 0.1 * (box[3] - box[1]) else " "
            mended[before[0] + 1 : index] = [gap, *[""] * (index - before[0] - 2)]
        before = (index, box)
    return mended


def _same_line(one: Box, other: Box) -> bool:
    """Whether a letter stands behind another on its line."""
    height = one[3] - one[1]
    return abs(one[1] - other[1]) < 0.3 * height and other[0] - one[2] > -0.3 * height


def _stored(characters: list[str]) -> tuple[str, list[int]]:
    """The text that is stored of a page, and the offset in it of each character."""
    parts: list[str] = []
    offsets = []
    length = 0
    for index, character in enumerate(characters):
        after = characters[index + 1] if index + 1 < len(characters) else ""
        offsets.append(length)
        if character == "\r":
            character = "" if after == "\n" else "\n"
        elif character == "\0":
            character = ""
        elif "\ud800" <= character <= "\udfff":  # half a character; it could not be stored
            character = "?"
        else:
            character = _JOINED.sub("-", character)
        parts.append(character)
        length += len(character)
    return "".join(parts), offsets


def _turned(textpage: Any, n: int) -> int:
    import pypdfium2.raw as pdfium

    sample = range(0, n, max(1, n // 50))
    angles = Counter(
        round(pdfium.FPDFText_GetCharAngle(textpage, index) / 1.5707963) % 4 * 90 for index in sample
    )
    return angles.most_common(1)[0][0] if angles else 0


def _turn(x: float, y: float, degrees: int) -> tuple[float, float]:
    """A point after the page has been turned so that text at `degrees` clockwise reads from left to right."""
    match degrees % 360:
        case 270:
            return y, -x
        case 180:
            return -x, -y
        case 90:
            return -y, x
    return x, y


def _words(textpage: Any, characters: list[str], offsets: list[int], turned: int) -> Iterator[Word]:
    import pypdfium2.raw as pdfium

    rectangle = pdfium.FS_RECTF()
    pointer = ctypes.byref(rectangle)
    open_word: list[tuple[int, float, float, float, float]] = []

    def close() -> Word:
        first, last = open_word[0][0], open_word[-1][0]
        text = _JOINED.sub("-", "".join(characters[first : last + 1]))
        start = offsets[first]
        return Word(
            text,
            start,
            start + len(text),
            min(box[1] for box in open_word),
            min(box[2] for box in open_word),
            max(box[3] for box in open_word),
            max(box[4] for box in open_word),
        )

    for index, character in enumerate(characters):
        if character.isspace() or character in ("", "\0"):
            if open_word and character != "":
                yield close()
                open_word = []
            continue
        if not pdfium.FPDFText_GetLooseCharBox(textpage, index, pointer):
            continue
        one = _turn(rectangle.left, rectangle.bottom, turned)
        other = _turn(rectangle.right, rectangle.top, turned)
        (x0, x1), (y0, y1) = sorted((one[0], other[0])), sorted((one[1], other[1]))
        if open_word and not _continues(open_word[-1], (x0, y0, x1, y1)):
            yield close()
            open_word = []
        open_word.append((index, x0, y0, x1, y1))
    if open_word:
        yield close()


def _continues(before: tuple[int, float, float, float, float], box: Box) -> bool:
    """Whether a character stands right behind another: no wide gap, no other line, no other size."""
    _, _, y0, x1, y1 = before
    height = y1 - y0
    small = min(height, box[3] - box[1]) < 0.8 * max(height, box[3] - box[1])
    return -0.5 * height < box[0] - x1 < 0.25 * height and abs(box[1] - y0) < 0.3 * height and not small


def _rules(page: Any, turned: int) -> list[Rule]:
    """The horizontal rules, their pieces joined."""
    import pypdfium2.raw as pdfium

    pieces = []
    for number, path in enumerate(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=3)):
        if number >= _MAX_PATHS:
            break
        left, bottom, right, top = path.get_bounds()
        one, other = _turn(left, bottom, turned), _turn(right, top, turned)
        (x0, x1), (y0, y1) = sorted((one[0], other[0])), sorted((one[1], other[1]))
        if y1 - y0 < _RULE_HEIGHT and x1 - x0 > 3:
            pieces.append(Rule((y0 + y1) / 2, x0, x1))
    joined: list[Rule] = []
    for piece in sorted(pieces, key=lambda rule: (-round(rule.y), rule.x0)):
        last = joined[-1] if joined else None
        if last and abs(last.y - piece.y) < 1.5 and piece.x0 - last.x1 < 1.2:
            joined[-1] = Rule(last.y, last.x0, max(last.x1, piece.x1))
        else:
            joined.append(piece)
    return joined
