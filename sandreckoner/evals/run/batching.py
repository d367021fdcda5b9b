"""A file of questions in, a file of answers out: of any size, in bounded memory, resumable.

A row of the input is a JSON object with `question`, and `id`, `options` and `context` where it has them. A
row of the output has the `row` (from 1), the `id`, the `answer`, the status and what it cost. A row that
cannot be read or answered goes to a second file, with its error and its text, and the others go on.

A kill loses the rows in progress. What is done is known from the two output files alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sandreckoner.chains.answering import answer, to_strategy
from sandreckoner.chains.strategies.seeded import Seeded, derived_seed
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment, Model
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import dumps
from sandreckoner.evals.run.thread_engine import Engine, in_threads
from sandreckoner.evals.run.workspace import open_world, why
from sandreckoner.evals.tasks.datasets import problem_of
from sandreckoner.evals.tasks.row_files import row_of
from sandreckoner.evals.tasks.rows import DoneRows, Line, lines


@dataclass(frozen=True, slots=True)
class Answered:
    """A line of an output: of the answers, or of the rows set aside."""

    row: int
    line: str
    poison: bool


@dataclass(frozen=True, slots=True)
class Answering:
    """The job of a batch: read one line, answer it.

    Attributes:
        strategy: its specification.
        model: a specification (it can travel to another process), or a model that stays here.
        budget: of each row.
        seed: of the batch.
        index: the name of an index of documents to search; empty for none.
    """

    strategy: str
    model: str | Model
    budget: Budget = field(default_factory=Budget)
    seed: int = 0
    index: str = ""

    @contextmanager
    def open(self) -> Iterator[Callable[[Line], Answered]]:
        """Load the model, start a sandbox, open the index; all end with the context."""
        with open_world(self.model, self.budget, self.index) as environment:
            yield lambda line: self._finish(line, environment)

    def _finish(self, line: Line, environment: Environment) -> Answered:
        try:
            name, problem = read_row(line)
            thought = to_strategy(self.strategy, documents=bool(self.index))
            strategy = Seeded(thought, derived_seed(self.seed, line.row))
            found = answer(strategy, problem, replace(environment, trace=type(environment.trace)()))
        except Exception as fault:  # the boundary of a row: it is set aside with its error, the others go on
            aside = {"row": line.row, "error": why(fault), "text": line.text[:10_000]}
            return Answered(line.row, dumps(aside), poison=True)
        usage = found.usage
        out: dict[str, JSON] = {
            "row": line.row,
            "id": name,
            "answer": found.text,
            "status": found.status,
            "reason": found.reason,
            "confidence": found.confidence,
            "program": found.winner.program if found.winner and found.winner.program else None,
            "unsourced": sum(source.origin == "unsourced" for source in found.sources),
            "calls": usage.calls,
            "tokens": usage.tokens,
            "usd": usage.usd,
            "seconds": found.seconds,
        }
        return Answered(line.row, dumps(out), poison=False)


def read_row(line: Line) -> tuple[str, Problem]:
    """The id and the problem of a line.

    Raises:
        UsageError: it is not a JSON object with a question.
    """
    row = row_of(line.text)
    return str(row.get("id", line.row)), problem_of(row, f"row {line.row}")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is: rows done, rows set aside, and the part of the input's bytes that was read."""

    done: int
    aside: int
    part: float


def batch(
    source: str | Path,
    out: str | Path,
    *,
    strategy: str = "pal",
    model: str | Model = "local",
    budget: Budget | None = None,
    seed: int = 0,
    index: str = "",
    concurrency: int = 4,
    in_order: bool = True,
    resume: bool = False,
    engine: Engine = in_threads,
    progress: Callable[[Progress], Any] | None = None,
) -> Progress:
    """Answer every row of a file.

    Args:
        source: JSON lines.
        out: JSON lines; rows that are set aside go beside it, to `OUT.errors`.
        strategy: a specification.
        model: a specification, or a model.
        budget: what each row may spend.
        seed: of sampling.
        index: documents to search, by the name that `reckon index add` keeps them under.
        concurrency: rows at a time.
        in_order: whether the output has the order of the input.
        resume: go on with an `out` that is there; the rows that it or the errors have are passed over.
        engine: where the rows are answered.
        progress: called after each row.

    Raises:
        UsageError: the strategy or the files are not usable; nothing was asked.
    """
    source, out = Path(source), Path(out)
    aside = out.with_name(f"{out.name}.errors")
    to_strategy(strategy)
    if concurrency < 1:
        raise UsageError(f"concurrency must be 1 or more, not {concurrency}")
    if not source.is_file():
        raise UsageError(f"{source}: there is no such file")
    if out.exists() and not resume:
        raise UsageError(f"{out} is there already; go on with --resume, or name another file")
    done = DoneRows()
    answered, poisoned = (done.take(path) if resume and path.exists() else 0 for path in (out, aside))
    job = Answering(strategy, model, budget or Budget(), seed, index)
    state = Progress(answered + poisoned, poisoned, 0.0)
    with ExitStack() as stack:
        try:
            reading = stack.enter_context(source.open("rb"))
            answers = stack.enter_context(out.open("ab"))
            errors = stack.enter_context(aside.open("ab" if resume else "wb"))
        except OSError as fault:
            raise UsageError(f"{fault.filename}: {fault.strerror}") from None
        size = max(1, source.stat().st_size)
        for item in engine(job, lines(reading, done), concurrency=concurrency, in_order=in_order):
            target = errors if item.poison else answers
            target.write(item.line.encode("ascii") + b"\n")
            target.flush()
            state = Progress(state.done + 1, state.aside + item.poison, reading.tell() / size)
            if progress is not None:
                progress(state)
    return replace(state, part=1.0)
