"""Record a question's run in a journal, and replay one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import sandreckoner
from sandreckoner.chains.answering import answer
from sandreckoner.chains.inputs import to_strategy
from sandreckoner.chains.method import Strategy
from sandreckoner.chains.strategies.seeded import Seeded
from sandreckoner.core.answer import Answer
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import Journal, JournalFile, Replay
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import from_json, to_json


def journal_header(problem: Problem, strategy: str, *, documents: bool, model: str) -> Mapping[str, JSON]:
    """Return the first line of a journal: all that a replay needs besides the steps."""
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
    """Answer a recorded run again from its journal alone: nothing is asked, run or searched.

    Args:
        journal: from `core.journal.read_journal`.
        environment: its trace receives the steps; its model, interpreter and library are not used.
        strategy: the one that was recorded; None to read it from the journal's header.

    Raises:
        ReplayDiverged: the strategy requests something other than what was recorded.
    """
    header = journal.header
    if strategy is None:
        strategy = to_strategy(str(header.get("strategy")), documents=bool(header.get("documents")))
        if isinstance(seed := header.get("seed"), int):
            strategy = Seeded(strategy, seed)
    problem = from_json(header.get("problem"))
    return answer(strategy, problem, replace(environment or Environment(), journal=journal))


@contextmanager
def open_journal(path: str | Path | None, header: Mapping[str, JSON]) -> Iterator[Journal]:
    """Open the journal of one question while it is answered; without a path, one that keeps nothing.

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
