"""A question of a data set with its gold answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from sandreckoner.core.errors import UnknownName
from sandreckoner.core.problem import Problem

Kind = Literal[
    "numeric", "choice", "mathematical", "date", "exact", "list", "scaled", "game24", "span", "text"
]
TEXTS: tuple[Kind, ...] = ("span", "text")  # kinds whose answers are texts of several words


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its correct answer.

    Attributes:
        id: unique in its data set.
        problem: the question with its passages and options.
        gold: the correct answer as text; None if it is unknown: then answers are not scored.
        kind: how an answer is compared with the gold answer; see `scoring`.
        references: further correct texts, for the kinds `span` and `text`.
    """

    id: str
    problem: Problem
    gold: str | None = None
    kind: Kind = "numeric"
    references: tuple[str, ...] = ()


def gold_text(value: Any) -> str | None:
    """A gold answer as text: 18.0 becomes `18`, a list `[a, b]`; None if the value is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value == int(value) and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, list):
        return f"[{', '.join(str(item) for item in value)}]"
    return str(value)


def parse_kind(name: str) -> Kind:
    """Parse the name of a kind.

    Raises:
        UnknownName: there is no such kind; the message lists them.
    """
    if name not in get_args(Kind):
        raise UnknownName(f"unknown kind of answer {name!r}; known: {', '.join(get_args(Kind))}")
    return name  # type: ignore[return-value]  # just checked
