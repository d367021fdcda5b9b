"""Answer a problem with a strategy in an environment: perform, attach sources, fill in the cost."""

from __future__ import annotations

from dataclasses import replace

from sandreckoner.chains.method import Strategy
from sandreckoner.chains.nested import refuse_unaffordable
from sandreckoner.core.answer import Answer
from sandreckoner.core.combine import with_budget_status
from sandreckoner.core.effects import Steps
from sandreckoner.core.environment import Environment
from sandreckoner.core.journal import answer_record
from sandreckoner.core.problem import Problem
from sandreckoner.core.runtime import arun, run
from sandreckoner.core.scheduler import spent
from sandreckoner.provenance.attach_sources import with_sources


def solve(strategy: Strategy, problem: Problem) -> Steps[Answer]:
    """Run a strategy on a problem, then attach the source of each number or quote of its answer."""
    return with_sources((yield from with_budget_status(strategy(problem))), problem)


def answer(strategy: Strategy, problem: Problem, environment: Environment) -> Answer:
    """Perform a strategy on a problem, fill in usage and seconds, and end the journal.

    Raises:
        SandreckonerError: what the strategy did not catch; the journal keeps the steps so far.
    """
    refuse_unaffordable(strategy, environment.budget)
    return _finish(run(solve(strategy, problem), environment), environment)


async def aanswer(strategy: Strategy, problem: Problem, environment: Environment) -> Answer:
    """Perform a strategy on a problem in an event loop; see `answer`."""
    refuse_unaffordable(strategy, environment.budget)
    return _finish(await arun(solve(strategy, problem), environment), environment)


def _finish(found: Answer, environment: Environment) -> Answer:
    usage, seconds = spent(environment.trace.steps)
    found = replace(found, usage=usage, seconds=seconds)
    environment.journal.write(answer_record(found))
    return found
