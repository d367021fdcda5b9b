"""Check citations word for word: the quotes of an answer against the passages it cites.

An answer cites as `“quote” [1]` or `[1] “quote”`. A quote belongs to the first marker after it in its
sentence, else to the last one before it. It must occur in that passage word for word: line breaks and the
shape of quotation marks and dashes aside, `…` for omissions. Digits are protected: "$8" is not found in
"$80.5", nor "2 million" in "1.2 million".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandreckoner.core.answer import Citation
from sandreckoner.core.problem import Passage

MAX_QUOTE = 2_000  # characters
_QUOTE = re.compile(r"“([^“”]{2,2000})”|\"([^\"]{2,2000})\"|«([^«»]{2,2000})»")
_MARKER = re.compile(r"\[(\d{1,3})\]")
_STOP = re.compile(r"[.!?]\s|\n\s*\n")
_SAME = {'"': '["“”«»]', "'": "['‘’]", "-": "[-‐‑–—−]"}
_ALIKE = str.maketrans(
    {"“": '"', "”": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-"}
)


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A text with its checked citations.

    Attributes:
        text: the answer, with every quote that was not found struck out as `~~“…”~~`.
        citations: every marker and quote, in order.
    """

    text: str
    citations: tuple[Citation, ...]

    @property
    def faults(self) -> tuple[Citation, ...]:
        """The citations that are wrong."""
        return tuple(citation for citation in self.citations if citation.status != "found")


def check_citations(text: str, passages: Sequence[Passage]) -> CheckedText:
    """Check the citations of an answer.

    Args:
        text: the answer.
        passages: as they were numbered for the model, the first being `[1]`.

    Returns:
        The answer with quotes that were not found struck, and every citation with its status.
    """
    markers = list(_MARKER.finditer(text))
    taken: set[int] = set()
    found: list[tuple[int, Citation]] = []
    struck: list[tuple[int, int]] = []
    for quote in _QUOTE.finditer(text):
        marker = _marker_of(quote, markers, text)
        if marker is None:
            continue  # a quotation without a citation, such as a title
        taken.add(marker.start())
        words = next(group for group in quote.groups() if group)
        citation = _check(int(marker[1]), words, passages)
        found.append((quote.start(), citation))
        if citation.status == "not found":
            struck.append(quote.span())
    bare = (marker for marker in markers if marker.start() not in taken)
    found += [(marker.start(), _bare(int(marker[1]), passages)) for marker in bare]
    for start, end in reversed(struck):
        text = f"{text[:start]}~~{text[start:end]}~~{text[end:]}"
    return CheckedText(text, tuple(citation for _, citation in sorted(found, key=lambda item: item[0])))


def find_quote(quote: str, passage: Passage) -> tuple[Passage, ...]:
    """Find a quote in a passage: one slice for each part between `…`; empty where it is not there."""
    slices = []
    after = 0
    for piece in re.split(r"…|\.\.\.|\[…\]|\[\.\.\.\]", quote):
        if not re.search(r"\w", piece):
            continue
        match = _pattern(piece).search(passage.text, after)
        if match is None:
            return ()
        after = match.end()
        start, end = passage.start + match.start(), passage.start + match.end()
        slices.append(
            Passage(match[0], passage.source, passage.page, start, end, passage.score, passage.title)
        )
    return tuple(slices)


def _pattern(piece: str) -> re.Pattern[str]:
    """Compile a pattern for a quote: any white space between words, no end inside a word or a number."""
    words = piece.translate(_ALIKE).strip(" \t\n,.;:").split()
    body = r"\s+".join("".join(_SAME.get(sign, re.escape(sign)) for sign in word) for word in words)
    before = r"(?<!\w)(?<!\d[.,])" if re.match(r"\w", words[0]) else ""
    after = r"(?!\w|[.,]\d)" if re.search(r"\w$", words[-1]) else ""
    return re.compile(before + body + after)


def _marker_of(quote: re.Match[str], markers: list[re.Match[str]], text: str) -> re.Match[str] | None:
    following = next((marker for marker in markers if marker.start() >= quote.end()), None)
    if following is not None:
        between = text[quote.end() : following.start()]
        if not _STOP.search(between) and not _QUOTE.search(between):
            return following
    before = [marker for marker in markers if marker.end() <= quote.start()]
    if before and not _STOP.search(text[before[-1].end() : quote.start()]):
        return before[-1]
    return None


def _check(number: int, quote: str, passages: Sequence[Passage]) -> Citation:
    if not 1 <= number <= len(passages):
        return Citation(number, quote, "no such passage", note=_missing(number, len(passages)))
    if slices := find_quote(quote, passages[number - 1]):
        return Citation(number, quote, "found", slices)
    for other, passage in enumerate(passages, 1):
        if slices := find_quote(quote, passage):
            return Citation(
                number, quote, "in another passage", slices, f"it stands in [{other}], not in [{number}]"
            )
    return Citation(number, quote, "not found", note=f"“{quote[:80]}” stands in none of the passages")


def _bare(number: int, passages: Sequence[Passage]) -> Citation:
    if 1 <= number <= len(passages):
        return Citation(number, "", "found", (passages[number - 1],))
    return Citation(number, "", "no such passage", note=_missing(number, len(passages)))


def _missing(number: int, count: int) -> str:
    return f"[{number}] is cited, but there {'is 1 passage' if count == 1 else f'are {count} passages'}"
