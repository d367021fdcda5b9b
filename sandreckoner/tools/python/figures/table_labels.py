"""Find a row or a column by its label: exactly, then normalised, then by a unique part; never by a guess."""

from __future__ import annotations

import difflib
import heapq
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache

_SPACED = re.compile(r"(?<!\S)\d(?: \d){3}(?!\S)")  # `2 0 1 8`
_TOKEN = re.compile(r"\d+|[^\W\d_]+|%")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTHS = frozenset(
    re.findall(
        r"\w+",
        """january february march april may june july august september october november december
        jan feb mar apr jun jul aug sep sept oct nov dec""",
    )
)
_SHOWN = 12
_COMPARED = 100  # labels that are compared letter by letter
_LONGEST = 120
_ROOM = 700
_LEAST_CUT = 20  # characters before the place where a label was cut


class LabelError(KeyError):
    """A label that fits no row or column, or several; its message names those there are."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NoLabel(LabelError):
    """A label that no row or column has."""


@cache
def _marks() -> re.Pattern[str]:
    """Note marks at the end of a label; compiled when a table is there, as that takes milliseconds."""
    return re.compile(
        r"(?:\s*(?:\((?:\d{1,2}|[a-z]|(?:see |refer to )?notes? [\w ,&]{1,20})\)|\[(?:\d{1,2}|[a-z])\]"
        r"|[*†‡§¹²³⁰-⁹]+))+\s*$",
        re.IGNORECASE,
    )


def tokens_of(text: str) -> tuple[str, ...]:
    """The words and numbers of a label without case, punctuation and footnote marks."""
    plain = unicodedata.normalize("NFKC", _marks().sub("", text)).casefold().replace("&", " and ")
    plain = _SPACED.sub(lambda spaced: spaced[0].replace(" ", ""), plain)
    return tuple(_TOKEN.findall(plain))


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a row or a column.

    Attributes:
        name: what it is called, as the host numbers and names it; no other of the table has the same.
        text: as the table has it.
        path: the headings of its sections, and then the text.
    """

    name: str
    text: str
    path: tuple[str, ...]
    tokens: tuple[str, ...] = field(init=False, repr=False)
    full: tuple[str, ...] = field(init=False, repr=False)
    named: tuple[str, ...] = field(init=False, repr=False)
    qualified: frozenset[tuple[str, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = [tokens_of(part) for part in self.path]
        ends = [sum(parts[start:], ()) for start in range(len(parts))]
        first_and_last = parts[0] + parts[-1] if parts else ()
        own = parts[-1] if self.text and parts else ()
        named = own if self.name == self.text else tokens_of(self.name)
        object.__setattr__(self, "tokens", own)
        object.__setattr__(self, "full", ends[0] if ends else ())
        object.__setattr__(self, "named", named)
        object.__setattr__(self, "qualified", frozenset([*ends, first_and_last, named]))


def find_label(
    wanted: str, labels: Sequence[Label], what: str, *, is_row: bool, filled: Collection[int] = ()
) -> int:
    """The place of the one label that `wanted` names.

    Args:
        wanted: a name, the whole label with or without its sections, or a part that only one label has. Of a
            row the part must be more than half of it: `revenue` is not `Cost of revenue`.
        labels: of the rows or of the columns.
        what: what an error calls them: `t1 … row`.
        is_row: whether they are those of rows.
        filled: of several that fit and name the same years, the one that is among these places is meant.

    Raises:
        LabelError: none fits, or several do.
    """
    exact = [place for place, label in enumerate(labels) if label.name == wanted]
    if len(exact) == 1:
        return exact[0]
    tokens = tokens_of(wanted)
    ends = (_is_end_of_column, _is_part_of_column, _has_all_words, _has_all_but_the_day)
    parts = (_is_total, _is_part_of_row) if is_row else (_is_written_end_of_column, *ends)
    for fits in (_is_text, _is_cut, _is_normal, _is_path, *parts):
        found = [place for place, label in enumerate(labels) if fits(wanted, tokens, label)]
        meant = found
        if (
            len({_years(labels[place].full) for place in found}) == 1 < len(found)
        ):  # another year is no choice
            meant = [place for place in found if place in filled]
        if len(meant) == 1:
            return meant[0]
        if found:
            several = _listed([labels[place].name for place in found])
            raise LabelError(f"{what} {_quoted(wanted)} fits several: {several}; write one of them whole")
    if is_row and (inside := [place for place, label in enumerate(labels) if _is_headed(tokens, label)]):
        if _closes(labels[inside[-1]], tokens):
            return inside[-1]
        names = [labels[place].name for place in inside]
        last = f"; the last is {_quoted(names[-1])}" if len(names) > 1 else ""  # often their total
        raise LabelError(
            f"{what} {_quoted(wanted)} heads several rows{last}; look each up or add them: {_listed(names)}"
        )
    there = _listed(nearest(wanted, labels), len(labels))
    raise NoLabel(f"{what} {_quoted(wanted)} is not there; there are: {there}")


def has_whole(wanted: str, labels: Sequence[Label]) -> bool:
    """Whether one label is the one wanted, whole; a part of one is not enough."""
    tokens = tokens_of(wanted)
    return any(
        sum(fits(wanted, tokens, label) for label in labels) == 1
        for fits in (_is_text, _is_normal, _is_path, _is_total)
    )


def _is_text(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    return label.text == wanted


def _is_cut(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    """Whether it is the label as a prompt cuts a long one short: `Effect of assumed … instruments`."""
    beginning, cut, end = wanted.replace("...", "…").partition("…")
    if not cut or len(beginning) < _LEAST_CUT:
        return False
    return label.name.startswith(beginning.rstrip()) and label.name.endswith(end.strip())


def _is_normal(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    return bool(tokens) and tokens == label.tokens


def _is_path(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    """Whether it is the label after some of its sections, `Earnings per share: Basic`."""
    return bool(tokens) and tokens in label.qualified


def _is_total(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    """Whether it names a total by what is added up: of `Other current liabilities` and `Total current
    liabilities`, the second is `Current liabilities`.
    """
    return bool(tokens) and label.tokens == ("total", *tokens)


def _is_headed(tokens: tuple[str, ...], label: Label) -> bool:
    """Whether it stands in the section of that heading."""
    return bool(tokens) and tokens in map(tokens_of, label.path[:-1])


def _closes(label: Label, heading: tuple[str, ...]) -> bool:
    """Whether the last row of a section says that it is the sum of it: `Net cash provided by operating
    activities` is what `Cash flows from operating activities` come to.
    """
    first, *rest = label.tokens or ("",)
    return first in ("total", "net") and (not rest or 2 * len(set(rest) & set(heading)) >= len(set(heading)))


def _is_part_of_row(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    if not _contains(label.full, tokens) or not _same_years(tokens, label.full):
        return False
    return _contains(label.tokens, tokens) and 2 * len(tokens) > len(label.tokens)


def _is_written_end_of_column(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    """Whether it is what tells the column from the others, signs and marks included: `$ Difference`."""
    return bool(tokens) and label.name.endswith(f" {wanted}") and _same_years(tokens, label.named)


def _is_end_of_column(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    """Whether it is what tells the column from others with the same beginning, as prompts show headings."""
    return bool(tokens) and label.named[-len(tokens) :] == tokens and _same_years(tokens, label.named)


def _is_part_of_column(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    return _contains(label.full, tokens) and _same_years(tokens, label.full)


def _has_all_words(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    return bool(tokens) and set(tokens) <= set(label.full) and _same_years(tokens, label.full)


def _has_all_but_the_day(wanted: str, tokens: tuple[str, ...], label: Label) -> bool:
    """Whether it names a month and a year of the column with a wrong day: fiscal years end on other days."""
    words = {token for token in tokens if not (token.isdigit() and len(token) <= 2)}
    month = bool(_MONTHS & words) and len(words) < len(tokens) and bool(_years(tokens))
    return month and words <= set(label.full) and _same_years(tokens, label.full)


def _same_years(tokens: tuple[str, ...], label: tuple[str, ...]) -> bool:
    """Whether the label has no year that was not asked for: `2019` is not `2019 vs. 2018`."""
    asked = _years(tokens)
    return not asked or asked == _years(label)


def _years(tokens: tuple[str, ...]) -> frozenset[str]:
    return frozenset(token for token in tokens if _YEAR.fullmatch(token))


def _contains(whole: tuple[str, ...], part: tuple[str, ...]) -> bool:
    if not part:
        return False
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))


def nearest(wanted: str, labels: Sequence[Label]) -> list[str]:
    """The names of the labels, those most like `wanted` first."""
    tokens = tokens_of(wanted)
    plain, words = " ".join(tokens), set(tokens)
    near = heapq.nlargest(_COMPARED, labels, key=lambda label: len(words & set(label.full)))

    def likeness(label: Label) -> float:
        shared = len(words & set(label.full)) / (len(tokens) or 1)
        return shared + difflib.SequenceMatcher(None, plain[:200], " ".join(label.full)[:200]).ratio()

    return [label.name for label in sorted(near, key=likeness, reverse=True)]


def _listed(names: Sequence[str], n: int = 0) -> str:
    """The first of the names; how many further ones there are of `n`, or of these."""
    shown: list[str] = []
    for name in names[:_SHOWN]:
        if shown and sum(map(len, shown)) + len(name) > _ROOM:
            break
        shown.append(_quoted(name))
    rest = max(n, len(names)) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "") if shown else "none"


def _quoted(text: str) -> str:
    """A label as a program writes it."""
    return repr(" ".join(text.split())[:_LONGEST])
