"""From a strategy and a world to an answer with its sources and its price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import sandreckoner
from sandreckoner.chains.method import Method, Strategy
from sandreckoner.chains.nested import refuse_unaffordable
from sandreckoner.chains.spec import parse_strategy
from sandreckoner.chains.strategies.require_sources import RequireSources
from sandreckoner.chains.strategies.seeded import Seeded
from sandreckoner.chains.strategies.single import single
from sandreckoner.core.answer import Answer
from sandreckoner.core.combine import with_budget_status
from sandreckoner.core.effects import Steps
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import Journal, JournalFile, Replay, answer_record
from sandreckoner.core.problem import Problem
from sandreckoner.core.runtime import arun, run
from sandreckoner.core.scheduler import spent
from sandreckoner.core.serialization import from_json, to_json
from sandreckoner.provenance.attach_sources import with_sources

LONGEST_QUESTION = 100_000  # characters; past that it is a document, and belongs in --docs


def to_strategy(thought: str | Method | Strategy, *, documents: bool = False) -> Strategy:
    """A strategy from what a caller may give: a specification, a method (drawn once), or a strategy."""
    if isinstance(thought, str):
        return parse_strategy(thought, documents=documents)
    if hasattr(thought, "draw"):
        return single(cast(Method, thought))
    if callable(thought):
        return thought
    raise UsageError(
        f"strategy: {type(thought).__name__} is neither a method nor a strategy; `pal` is one by name"
    )


def to_problem(asked: str | Problem | Mapping[str, Any]) -> Problem:
    """A problem from what a caller may give: a question, a problem, or a mapping with `question`.

    Raises:
        UsageError: the question is empty or far too long; nothing was spent.
    """
    if isinstance(asked, Mapping):
        unknown = sorted(set(asked) - {"question", "passages", "options"})
        if "question" not in asked or unknown:
            raise UsageError("a question as a mapping has the keys question, passages and options; no others")
        asked = Problem(asked["question"], tuple(asked.get("passages", ())), tuple(asked.get("options", ())))
    problem = Problem(asked) if isinstance(asked, str) else asked
    if not isinstance(problem, Problem) or not isinstance(problem.question, str):
        raise UsageError(f"a question is text, a Problem or a mapping, not {type(asked).__name__}")
    if not problem.question.strip():
        raise UsageError("the question is empty; ask something")
    if len(problem.question) > LONGEST_QUESTION:
        raise UsageError(
            f"the question has {len(problem.question):,} characters; the most is {LONGEST_QUESTION:,}. "
            "Give long material as a document (--docs) and ask about it"
        )
    return problem


def requiring_sources(thought: str | Method | Strategy) -> str | Strategy:
    """The same, but held to the sources of its numbers; see `require_sources.py`."""
    return f"sourced({thought})" if isinstance(thought, str) else RequireSources(to_strategy(thought))


def solve(strategy: Strategy, problem: Problem) -> Steps[Answer]:
    """The strategy's answer, with the source of each number of the winning program, or of each quote."""
    return with_sources((yield from with_budget_status(strategy(problem))), problem)


def answer(strategy: Strategy, problem: Problem, environment: Environment) -> Answer:
    """Perform a strategy on a problem; usage and seconds are filled in, the journal is ended.

    Raises:
        SandreckonerError: what the strategy did not catch; the journal keeps what was done.
    """
    refuse_unaffordable(strategy, environment.budget)
    return _finish(run(solve(strategy, problem), environment), environment)


async def aanswer(strategy: Strategy, problem: Problem, environment: Environment) -> Answer:
    """`answer` for event loops."""
    refuse_unaffordable(strategy, environment.budget)
    return _finish(await arun(solve(strategy, problem), environment), environment)


def _finish(found: Answer, environment: Environment) -> Answer:
    usage, seconds = spent(environment.trace.steps)
    found = replace(found, usage=usage, seconds=seconds)
    environment.journal.write(answer_record(found))
    return found


def journal_header(problem: Problem, strategy: str, *, documents: bool, model: str) -> Mapping[str, JSON]:
    """The first line of a journal: all that a replay needs beside the steps."""
    return {
        "made_by": f"sandreckoner {sandreckoner.__version__}",
        "problem": to_json(problem),
        "strategy": strategy,
        "documents": documents,
        "model": model,
    }


def replay(
    journal: Replay, environment: Environment | None = None, strategy: Strategy | None = None
) -> Answer:
    """Answer a recorded run again, from its journal alone: nothing is asked, run or searched.

    Args:
        journal: from `core.journal.read_journal`.
        environment: its trace receives the steps; model, interpreter and library are not needed.
        strategy: the one that was recorded; None to read it from the journal's header.

    Raises:
        ReplayDiverged: the strategy asks for something else than was recorded.
    """
    header = journal.header
    if strategy is None:
        strategy = to_strategy(str(header.get("strategy")), documents=bool(header.get("documents")))
        if isinstance(seed := header.get("seed"), int):
            strategy = Seeded(strategy, seed)
    problem = from_json(header.get("problem"))
    return answer(strategy, problem, replace(environment or Environment(), journal=journal))


@contextmanager
def recording(path: str | Path | None, header: Mapping[str, JSON]) -> Iterator[Journal]:
    """The journal of one question, open while it is answered; one that forgets where no path is given.

    Raises:
        UsageError: the file cannot be written; nothing was spent.
    """
    if path is None:
        yield Journal()
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(path).open("w", encoding="utf-8"))
        except OSError as fault:
            raise UsageError(f"journal: {path} cannot be written: {fault.strerror}") from None
        yield JournalFile(file, header)
