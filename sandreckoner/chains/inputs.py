"""Convert what callers pass, a strategy or a question in several forms, to the types of `core`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sandreckoner.chains.method import Method, Strategy
from sandreckoner.chains.spec import parse_strategy
from sandreckoner.chains.strategies.require_sources import RequireSources
from sandreckoner.chains.strategies.single import single
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem

MAX_QUESTION_CHARACTERS = 100_000  # characters; past that it is a document, and belongs in --docs


def to_strategy(strategy: str | Method | Strategy, *, documents: bool = False) -> Strategy:
    """Return a strategy for a specification, a method (drawn once), or a strategy."""
    if isinstance(strategy, str):
        return parse_strategy(strategy, documents=documents)
    if hasattr(strategy, "draw"):
        return single(cast(Method, strategy))
    if callable(strategy):
        return strategy
    raise UsageError(
        f"strategy: {type(strategy).__name__} is neither a method nor a strategy; `pal` is one by name"
    )


def to_problem(question: str | Problem | Mapping[str, Any]) -> Problem:
    """Return a problem for a question, a problem, or a mapping with `question`.

    Raises:
        UsageError: the question is empty or far too long; nothing was spent.
    """
    problem = Problem(question) if isinstance(question, str) else question
    if isinstance(problem, Mapping):
        problem = _from_mapping(problem)
    if not isinstance(problem, Problem) or not isinstance(problem.question, str):
        raise UsageError(f"a question is text, a Problem or a mapping, not {type(question).__name__}")
    if not problem.question.strip():
        raise UsageError("the question is empty; ask something")
    if len(problem.question) > MAX_QUESTION_CHARACTERS:
        raise UsageError(
            f"the question has {len(problem.question):,} characters; the most is "
            f"{MAX_QUESTION_CHARACTERS:,}. Give long material as a document (--docs) and ask about it"
        )
    return problem


def _from_mapping(fields: Mapping[str, Any]) -> Problem:
    if "question" not in fields or set(fields) - {"question", "passages", "options"}:
        raise UsageError("a question as a mapping has the keys question, passages and options; no others")
    return Problem(fields["question"], tuple(fields.get("passages", ())), tuple(fields.get("options", ())))


def with_required_sources(strategy: str | Method | Strategy) -> str | Strategy:
    """Wrap a strategy so that it refuses numbers without a source; see `require_sources.py`."""
    return f"sourced({strategy})" if isinstance(strategy, str) else RequireSources(to_strategy(strategy))
