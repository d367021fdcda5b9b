"""One question of a data set, with the answer that counts as right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sandreckoner.core.errors import UnknownName
from sandreckoner.core.execution import JSON
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import from_json, to_json

Kind = Literal["numeric", "choice", "mathematical", "date", "exact", "list", "scaled", "game24"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked and what is right.

    Attributes:
        id: unique in its data set.
        problem: the question with its passages and options.
        gold: the right answer as text; None where nobody knows it (then it is answered but not scored).
        kind: how an answer is compared with it; see `scoring`.
    """

    id: str
    problem: Problem
    gold: str | None = None
    kind: Kind = "numeric"

    def to_json(self) -> Mapping[str, JSON]:
        """As a line of JSON, for other processes."""
        return {"id": self.id, "problem": to_json(self.problem), "gold": self.gold, "kind": self.kind}


def from_record(record: Mapping[str, JSON]) -> Question:
    """The inverse of `Question.to_json`."""
    return Question(record["id"], from_json(record["problem"]), record["gold"], kind_named(record["kind"]))


def gold_text(value: Any) -> str | None:
    """A right answer as text: 18.0 as `18`, so that it reads as people write it; None where there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value == int(value) and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, list):
        return f"[{', '.join(str(item) for item in value)}]"
    return str(value)


def kind_named(name: str) -> Kind:
    """The kind of that name.

    Raises:
        UnknownName: there is none; the message lists them.
    """
    if name not in get_args(Kind):
        raise UnknownName(f"unknown kind of answer {name!r}; known: {', '.join(get_args(Kind))}")
    return name  # type: ignore[return-value]  # just checked
