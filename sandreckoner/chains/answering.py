"""Answer a question with a strategy: convert what callers pass, perform, attach sources, record, replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from sandreckoner.chains.method import Method, Strategy, strategy_calls
from sandreckoner.chains.nested import Nested, Seeded
from sandreckoner.chains.spec import cannot_call_tools, parse_strategy
from sandreckoner.chains.strategies.require_sources import RequireSources
from sandreckoner.chains.strategies.single import single
from sandreckoner.chains.strategies.structured import Structured
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.effects import Steps, with_budget_status
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import Replay, answer_record
from sandreckoner.core.problem import Problem
from sandreckoner.core.redaction import redacted
from sandreckoner.core.runtime import arun, run
from sandreckoner.core.scheduler import spent
from sandreckoner.core.serialization import from_json
from sandreckoner.provenance.program_sources import with_sources

if TYPE_CHECKING:
    from sandreckoner.chains.answer_schema import AnswerSchema

MAX_QUESTION_CHARACTERS = 100_000  # characters; past that it is a document, and belongs in --docs


def to_strategy(
    strategy: str | Method | Strategy, *, documents: bool = False, functions: tuple[Any, ...] = ()
) -> Strategy:
    """Return a strategy for a specification, a method (drawn once), or a strategy.

    Args:
        strategy: any of these.
        documents: whether there are documents to search; a strategy that is passed in knows already.
        functions: the tools that its agents may call.

    Raises:
        UsageError: a specification cannot be read, or there are tools and the strategy calls none.
    """
    if isinstance(strategy, str):
        return parse_strategy(strategy, documents=documents, functions=functions)
    if functions:
        return _with_functions(strategy, functions)
    if hasattr(strategy, "draw"):
        return single(cast(Method, strategy))
    if callable(strategy):
        return strategy
    raise UsageError(
        f"strategy: {type(strategy).__name__} is neither a method nor a strategy; `pal` is one by name"
    )


def _with_functions(strategy: Any, functions: tuple[Any, ...]) -> Strategy:
    """Return an agent that may call these functions too."""
    if not hasattr(strategy, "functions"):
        raise cannot_call_tools(type(strategy).__name__)
    agent: Strategy = replace(strategy, functions=(*strategy.functions, *functions))
    return agent


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


def with_schema(strategy: Strategy, schema: AnswerSchema) -> Strategy:
    """Wrap a strategy so that its answers fit a schema; see `structured.py`."""
    return Structured(strategy, schema.json, schema.faults)


def with_required_sources(strategy: str | Method | Strategy) -> str | Strategy:
    """Wrap a strategy so that it refuses numbers without a source; see `require_sources.py`."""
    return f"sourced({strategy})" if isinstance(strategy, str) else RequireSources(to_strategy(strategy))


def solve(strategy: Strategy, problem: Problem) -> Steps[Answer]:
    """Run a strategy on a problem, then attach the source of each number or quote of its answer.

    One with a true attribute `attaches_sources` has done so itself.
    """
    found = yield from with_budget_status(strategy(problem))
    return found if getattr(strategy, "attaches_sources", False) else with_sources(found, problem)


def answer(strategy: Strategy, problem: Problem, environment: Environment) -> Answer:
    """Perform a strategy on a problem, fill in usage and seconds, and end the journal.

    Raises:
        SandreckonerError: what the strategy did not catch; the journal keeps the steps so far.
    """
    refuse_unaffordable(strategy, environment.budget)
    problem = redacted(problem, environment.redact)
    return _finish(run(solve(strategy, problem), environment), environment)


async def aanswer(strategy: Strategy, problem: Problem, environment: Environment) -> Answer:
    """Perform a strategy on a problem in an event loop; see `answer`."""
    refuse_unaffordable(strategy, environment.budget)
    problem = redacted(problem, environment.redact)
    return _finish(await arun(solve(strategy, problem), environment), environment)


def _finish(found: Answer, environment: Environment) -> Answer:
    usage, seconds = spent(environment.trace.steps)
    found = replace(found, usage=usage, seconds=seconds)
    if environment.journal.keeps:
        environment.journal.write(answer_record(found))
    return found


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
    strategy = strategy or recorded_strategy(journal.header)
    problem = from_json(journal.header.get("problem"))
    return answer(strategy, problem, replace(environment or Environment(), journal=journal))


def recorded_strategy(header: Mapping[str, JSON]) -> Strategy:
    """Return the strategy that a journal's header names, with its schema and its seed."""
    strategy = to_strategy(str(header.get("strategy")), documents=bool(header.get("documents")))
    if (schema := header.get("schema")) is not None:
        from sandreckoner.chains.answer_schema import AnswerSchema

        strategy = with_schema(strategy, AnswerSchema(schema))
    if isinstance(seed := header.get("seed"), int):
        strategy = Seeded(strategy, seed)
    return strategy


def refuse_unaffordable(strategy: Strategy, budget: Budget) -> None:
    """Refuse a nested strategy that may cost more calls than the budget has.

    A plain strategy that the budget ends answers with its best so far. Nested ones multiply their costs, and
    the inner ones would be cut off at random; so they are refused before the first call.

    Raises:
        UsageError: with the estimate.
    """
    if budget.calls is None:
        return
    calls = strategy_calls(strategy)
    if calls > budget.calls and _nests(strategy):
        raise UsageError(
            f"this nested strategy may ask for up to {calls:,} completions and the budget is "
            f"{budget.calls:,} calls; lower n, depth or breadth inside it, or raise the budget"
        )


def _nests(part: object) -> bool:
    if isinstance(part, Nested):
        return True
    if isinstance(part, tuple):
        return any(_nests(item) for item in part)
    if is_dataclass(part) and not isinstance(part, type):
        return any(_nests(getattr(part, field.name)) for field in fields(part))
    return False
