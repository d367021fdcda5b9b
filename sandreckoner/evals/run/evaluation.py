"""Questions × strategies × epochs, each piece answered once, scored and kept."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import sandreckoner
from sandreckoner.chains.answering import answer, journal_header, to_strategy
from sandreckoner.chains.strategies.seeded import Seeded, derived_seed
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment, Model
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import JournalFile
from sandreckoner.core.serialization import to_json
from sandreckoner.evals.run.eval_log import Log, open_log
from sandreckoner.evals.run.record import Record, answered, failed, key_of
from sandreckoner.evals.run.thread_engine import Engine, in_threads
from sandreckoner.evals.run.workspace import open_world, why
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import Scorer, mathematical, score


@dataclass(frozen=True, slots=True)
class Piece:
    """One question for one strategy, once."""

    key: str
    question: Question
    strategy: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A piece that is done, with its journal as text."""

    record: Record
    journal: str


@dataclass(frozen=True, slots=True)
class Answering:
    """The job of an evaluation: answer a piece and score it.

    Attributes:
        model: its specification (it can travel to another process), or a model that stays here.
        budget: of each piece.
        scorer: None for that of each question's kind.
        seed: of the evaluation.
        index: the name of an index of documents to search; empty for none.
    """

    model: str | Model
    budget: Budget = field(default_factory=Budget)
    scorer: Scorer | None = None
    seed: int = 0
    index: str = ""

    @contextmanager
    def open(self) -> Iterator[Callable[[Piece], Finished]]:
        """Load the model, start a sandbox, open the index; all end with the context."""
        with open_world(self.model, self.budget, self.index) as environment:
            yield lambda piece: self._finish(piece, environment)

    def _finish(self, piece: Piece, environment: Environment) -> Finished:
        """Answer one piece. What goes wrong is recorded as this piece's failure; the others go on."""
        assert environment.model is not None
        seed = derived_seed(self.seed, piece.question.id, piece.epoch)
        header = {
            **journal_header(
                piece.question.problem,
                piece.strategy,
                documents=bool(self.index),
                model=environment.model.name,
            ),
            "seed": seed,
        }
        book = io.StringIO()
        try:
            strategy = Seeded(to_strategy(piece.strategy, documents=bool(self.index)), seed)
            with_book = replace(
                environment, journal=JournalFile(book, header), trace=type(environment.trace)()
            )
            found = answer(strategy, piece.question.problem, with_book)
            scored = score(found, piece.question, self.scorer or _scorer(piece.question, environment))
        except Exception as fault:  # the boundary of a sample: see the rule on broad excepts in CONTRIBUTING
            record = failed(piece.key, piece.question, piece.strategy, piece.epoch, why(fault))
            return Finished(record, book.getvalue())
        record = answered(piece.key, piece.question, piece.strategy, piece.epoch, found, scored)
        return Finished(record, book.getvalue())


def _scorer(question: Question, environment: Environment) -> Scorer | None:
    """Algebra for mathematics, which needs the sandbox; None for what needs nothing."""
    if question.kind != "mathematical" or environment.interpreter is None:
        return None
    return mathematical(environment.interpreter)


def evaluate(
    strategies: Sequence[str],
    questions: Iterable[Question],
    model: str | Model,
    *,
    out: str | Path,
    epochs: int = 1,
    seed: int = 0,
    budget: Budget | None = None,
    scorer: Scorer | None = None,
    index: str = "",
    resume: bool = False,
    concurrency: int = 4,
    engine: Engine = in_threads,
    progress: Callable[[int, int, Record], Any] | None = None,
) -> list[Record]:
    """Answer every question with every strategy, `epochs` times, and keep what is finished.

    Args:
        strategies: specifications such as `sc(pal, n=5)`.
        questions: a data set; see `load_questions`.
        model: a specification for `load_model`, or a model.
        out: the folder of the log; see `log`.
        epochs: how often each question is asked; sampling differs between them.
        seed: the same gives the same samples, where the model can repeat them.
        budget: what each piece may spend.
        scorer: yours; see `scoring`.
        index: documents to search, by the name that `reckon index add` keeps them under.
        resume: go on with what is in `out`. Pieces that failed are done again.
        concurrency: pieces at a time.
        engine: where the pieces are done.
        progress: called after each piece with how many are done, of how many, and the record.

    Returns:
        All records of these strategies and questions, those of earlier runs included.

    Raises:
        UsageError: a strategy cannot be read, or `out` holds another configuration; nothing was asked.
    """
    if epochs < 1 or concurrency < 1 or not strategies:
        raise UsageError(
            "an evaluation needs one strategy, one epoch and a concurrency of 1, or more of them"
        )
    for spec in strategies:
        to_strategy(spec)
    name = model if isinstance(model, str) else model.name
    asked = list(questions)
    pieces = [
        Piece(key_of(question, spec, epoch, model=name, seed=seed), question, spec, epoch)
        for epoch in range(epochs)
        for question in asked
        for spec in strategies
    ]
    with open_log(Path(out), _configuration(name, seed, budget, index), resume=resume) as log:
        missing = [piece for piece in pieces if not log.done(piece.key)]
        if missing:
            job = Answering(model, budget or Budget(), scorer, seed, index)
            finished = engine(job, iter(missing), concurrency=concurrency, in_order=False)
            _keep(finished, log, len(pieces) - len(missing), len(pieces), progress)
        return [log.records[piece.key] for piece in pieces]


def _keep(
    finished: Iterator[Finished],
    log: Log,
    done: int,
    total: int,
    progress: Callable[[int, int, Record], Any] | None,
) -> None:
    for number, piece in enumerate(finished, done + 1):
        log.append(piece.record, piece.journal)
        if progress is not None:
            progress(number, total, piece.record)


def _configuration(model: str, seed: int, budget: Budget | None, index: str) -> Mapping[str, JSON]:
    """What decides an answer and does not stand in a record's key."""
    return {
        "made_by": f"sandreckoner {sandreckoner.__version__}",
        "prompts": _fingerprint_of_prompts(),
        "model": model,
        "seed": seed,
        "budget": to_json(budget or Budget()),
        **({"index": index} if index else {}),
    }


def _fingerprint_of_prompts() -> str:
    """Changed prompts give other answers: they belong to the configuration."""
    folder = files("sandreckoner.chains").joinpath("prompts")
    digest = hashlib.sha256()
    for prompt in sorted(folder.iterdir(), key=lambda file: file.name):
        digest.update(prompt.name.encode() + b"\0" + prompt.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
