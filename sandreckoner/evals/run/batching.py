"""Answer a file of questions row by row: of any size, in bounded memory, resumable.

An input row is a JSON object with `question`, and optionally `id`, `options` and `context`. An output row has
the `row` number (from 1), the `id`, the `answer`, its status and its cost. A row that cannot be read or
answered goes to a second file with its error and its text; the other rows continue.

A kill loses only the rows in progress: which rows are complete is read from the two output files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandreckoner.chains.answering import answer, to_strategy
from sandreckoner.chains.nested import Seeded, derived_seed
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Model
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import dumps
from sandreckoner.evals.run.thread_engine import Engine, error_line, run_in_threads
from sandreckoner.evals.tasks.datasets import problem_of
from sandreckoner.evals.tasks.row_files import CompletedRows, InputLine, parse_line, read_lines
from sandreckoner.settings.settings_model import Settings
from sandreckoner.settings.user_settings import load_settings
from sandreckoner.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class OutputLine:
    """A line to write: an answer, or a row that failed."""

    text: str
    is_failure: bool


@dataclass(frozen=True, slots=True)
class BatchJob:
    """The job of a batch: parse one line and answer it.

    Attributes:
        strategy: specification of the strategy.
        settings: of the process that makes the job; another machine has its own keys.
        model: a specification, which can be sent to another process, or a model, which cannot.
        budget: of each row.
        seed: of the batch; each row's seed is derived from it.
        index: name of an index of documents to search; empty for none.
    """

    strategy: str
    settings: Settings
    model: str | Model
    budget: Budget
    seed: int = 0
    index: str = ""

    @contextmanager
    def open(self) -> Iterator[Callable[[InputLine], OutputLine]]:
        """Open what a row needs; yields the function that answers a line."""
        with Workspace(
            self.settings, model=self.model, budget=self.budget, index=self.index
        ).opened() as workspace:
            yield lambda line: self._answer(line, workspace)

    def _answer(self, line: InputLine, workspace: Workspace) -> OutputLine:
        try:
            name, problem = parse_row(line)
            unseeded = to_strategy(self.strategy, documents=workspace.has_documents)
            strategy = Seeded(unseeded, derived_seed(self.seed, line.row))
            with workspace.environment(problem, self.strategy) as environment:
                found = answer(strategy, problem, environment)
        except Exception as fault:  # the boundary of a row: its error is recorded, the other rows go on
            failure = {"row": line.row, "error": error_line(fault), "text": line.text[:10_000]}
            return OutputLine(dumps(failure), is_failure=True)
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
        return OutputLine(dumps(out), is_failure=False)


def parse_row(line: InputLine) -> tuple[str, Problem]:
    """The id and the problem of a line.

    Raises:
        UsageError: the line is not a JSON object with a question.
    """
    row = parse_line(line.text)
    return str(row.get("id", line.row)), problem_of(row, f"row {line.row}")


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is: rows done, failed rows among them, and the fraction of the input that was read."""

    done: int
    failed: int
    fraction: float


def batch(
    source: str | Path,
    out: str | Path,
    *,
    strategy: str | None = None,
    model: str | Model | None = None,
    settings: Settings | None = None,
    budget: Budget | None = None,
    seed: int = 0,
    index: str = "",
    concurrency: int = 4,
    in_order: bool = True,
    resume: bool = False,
    engine: Engine = run_in_threads,
    progress: Callable[[BatchProgress], Any] | None = None,
) -> BatchProgress:
    """Answer every row of a file.

    Args:
        source: input file of JSON lines.
        out: output file of JSON lines; failed rows go to `OUT.errors`.
        strategy: a specification such as `pal`; None for that of the settings.
        model: a specification, or a model; None for that of the settings.
        settings: None for those of this machine and folder.
        budget: limits of each row; None for those of the settings.
        seed: of sampling.
        index: name of an index to search, see `reckon index add`.
        concurrency: rows answered at a time.
        in_order: whether the output keeps the order of the input.
        resume: continue an existing `out`; rows that it or `OUT.errors` contain are skipped.
        engine: runs the job on every row, here or on other machines.
        progress: called after each row.

    Returns:
        The final progress.

    Raises:
        UsageError: the strategy or the files are not usable; no model was called.
    """
    source, out = Path(source), Path(out)
    errors_path = out.with_name(f"{out.name}.errors")
    settings = load_settings() if settings is None else settings
    strategy = settings.strategy if strategy is None else strategy
    to_strategy(strategy)
    if concurrency < 1:
        raise UsageError(f"concurrency must be 1 or more, not {concurrency}")
    if not source.is_file():
        raise UsageError(f"{source}: there is no such file")
    if out.exists() and not resume:
        raise UsageError(f"{out} is there already; go on with --resume, or name another file")
    done = CompletedRows()
    answered, failed = (done.load(path) if resume and path.exists() else 0 for path in (out, errors_path))
    job = BatchJob(strategy, settings, model or settings.model, budget or settings.budget(), seed, index)
    state = BatchProgress(answered + failed, failed, 0.0)
    with ExitStack() as stack:
        try:
            reading = stack.enter_context(source.open("rb"))
            answers = stack.enter_context(out.open("ab"))
            errors = stack.enter_context(errors_path.open("ab" if resume else "wb"))
        except OSError as fault:
            raise UsageError(f"{fault.filename}: {fault.strerror}") from None
        size = max(1, source.stat().st_size)
        for item in engine(job, read_lines(reading, done), concurrency=concurrency, in_order=in_order):
            target = errors if item.is_failure else answers
            target.write(item.text.encode("ascii") + b"\n")
            target.flush()
            state = BatchProgress(state.done + 1, state.failed + item.is_failure, reading.tell() / size)
            if progress is not None:
                progress(state)
    return replace(state, fraction=1.0)
