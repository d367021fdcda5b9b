"""Run an evaluation: every sample (question × strategy × model × epoch) is answered, scored and logged."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import sandreckoner
from sandreckoner.chains.answering import answer, to_strategy
from sandreckoner.chains.nested import Seeded, derived_seed
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Model
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import JournalFile
from sandreckoner.core.serialization import to_json
from sandreckoner.evals.run.eval_log import open_log
from sandreckoner.evals.run.sample_record import SampleRecord, answered, failed, key_of
from sandreckoner.evals.run.thread_engine import Engine, error_line, run_in_threads
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import Scorer, mathematical, score
from sandreckoner.settings.settings_model import Settings
from sandreckoner.settings.user_settings import load_settings
from sandreckoner.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Sample:
    """One question for one strategy in one epoch."""

    key: str
    question: Question
    strategy: str
    epoch: int


@dataclass(frozen=True, slots=True)
class FinishedSample:
    """The result of a sample, with its journal as text."""

    record: SampleRecord
    journal: str


@dataclass(frozen=True, slots=True)
class EvaluationJob:
    """The job of an evaluation: answer a sample and score it.

    Attributes:
        settings: of the process that makes the job; another machine has its own keys.
        model: a specification, which can be sent to another process, or a model, which cannot.
        budget: of each sample.
        scorer: None for the scorer of each question's kind.
        seed: of the evaluation; each sample's seed is derived from it.
        index: name of an index of documents to search; empty for none.
    """

    settings: Settings
    model: str | Model
    budget: Budget
    scorer: Scorer | None = None
    seed: int = 0
    index: str = ""

    @contextmanager
    def open(self) -> Iterator[Callable[[Sample], FinishedSample]]:
        """Open what a sample needs; yields the function that runs a sample."""
        with Workspace(
            self.settings, model=self.model, budget=self.budget, index=self.index
        ).opened() as workspace:
            yield lambda sample: self._run(sample, workspace)

    def _run(self, sample: Sample, workspace: Workspace) -> FinishedSample:
        """Answer and score one sample; an exception is recorded as this sample's error."""
        seed = derived_seed(self.seed, sample.question.id, sample.epoch)
        problem, journal = sample.question.problem, io.StringIO()

        def begin(header: Mapping[str, JSON]) -> JournalFile:
            return JournalFile(journal, header)

        try:
            strategy = Seeded(to_strategy(sample.strategy, documents=workspace.has_documents), seed)
            with workspace.environment(
                problem, sample.strategy, journal=begin, header={"seed": seed}
            ) as environment:
                found = answer(strategy, problem, environment)
            scored = score(found, sample.question, self.scorer or _scorer(sample.question, workspace))
        except Exception as fault:  # the boundary of a sample: its error is recorded, the others go on
            reason = error_line(fault)
            record = failed(
                sample.key, sample.question, sample.strategy, sample.epoch, reason, model=_name(self.model)
            )
            return FinishedSample(record, journal.getvalue())
        record = answered(
            sample.key, sample.question, sample.strategy, sample.epoch, found, scored, model=_name(self.model)
        )
        return FinishedSample(record, journal.getvalue())


def _scorer(question: Question, workspace: Workspace) -> Scorer | None:
    """The algebra scorer for mathematics, which runs in the sandbox; None for the kind's own scorer."""
    return mathematical(workspace.interpreter) if question.kind == "mathematical" else None


def evaluate(
    strategies: Sequence[str],
    questions: Iterable[Question],
    model: str | Model | Sequence[str | Model] | None = None,
    *,
    out: str | Path,
    settings: Settings | None = None,
    epochs: int = 1,
    seed: int = 0,
    budget: Budget | None = None,
    scorer: Scorer | None = None,
    index: str = "",
    resume: bool = False,
    concurrency: int = 4,
    engine: Engine = run_in_threads,
    progress: Callable[[int, int, SampleRecord], Any] | None = None,
) -> list[SampleRecord]:
    """Answer every question with every strategy and every model, `epochs` times, and log every sample.

    Args:
        strategies: specifications such as `sc(pal, n=5)`.
        questions: a data set; see `load_questions`.
        model: a specification for `load_model`, or a model, or several; None for that of the settings.
        out: folder of the log; see `eval_log`.
        settings: None for those of this machine and folder.
        epochs: how often each question is asked; each epoch samples with another seed.
        seed: an equal seed repeats an evaluation, where the model supports seeds.
        budget: limits of each sample; None for those of the settings.
        scorer: your own; see `scoring`. None for the scorer of each question's kind.
        index: name of an index to search, see `reckon index add`.
        resume: continue the evaluation in `out`; samples that ended in an error are run again.
        concurrency: samples run at a time.
        engine: runs the job on every sample, here or on other machines.
        progress: called after each sample with the number done, their total, and the record.

    Returns:
        The records of all these strategies and questions, including those of earlier runs.

    Raises:
        UsageError: a strategy cannot be parsed, or `out` has another configuration; no model was called.
    """
    if epochs < 1 or concurrency < 1 or not strategies:
        raise UsageError(
            "an evaluation needs one strategy, one epoch and a concurrency of 1, or more of them"
        )
    for spec in strategies:
        to_strategy(spec)
    settings = load_settings() if settings is None else settings
    budget = budget or settings.budget()
    models = _several(settings.model if model is None else model)
    names = [_name(each) for each in models]
    if len(set(names)) < max(1, len(names)):
        raise UsageError("an evaluation needs one model, or several of different names")
    asked = list(questions)
    samples = {
        name: [
            Sample(key_of(question, spec, epoch, model=name, seed=seed), question, spec, epoch)
            for epoch in range(epochs)
            for question in asked
            for spec in strategies
        ]
        for name in names
    }
    keys = [sample.key for own in samples.values() for sample in own]
    with open_log(Path(out), _configuration(names, seed, budget, index), resume=resume) as log:
        done = sum(map(log.is_done, keys))
        for each in models:  # one after the other: two local models do not fit every machine
            missing = [sample for sample in samples[_name(each)] if not log.is_done(sample.key)]
            if not missing:
                continue
            job = EvaluationJob(settings, each, budget, scorer, seed, index)
            for finished in engine(job, iter(missing), concurrency=concurrency, in_order=False):
                log.append(finished.record, finished.journal)
                done += 1
                if progress is not None:
                    progress(done, len(keys), finished.record)
        return [log.records[key] for key in keys]


def _several(model: str | Model | Sequence[str | Model]) -> Sequence[str | Model]:
    return [model] if isinstance(model, str) or not isinstance(model, Sequence) else model


def _name(model: str | Model) -> str:
    return model if isinstance(model, str) else model.name


def _configuration(models: Sequence[str], seed: int, budget: Budget, index: str) -> Mapping[str, JSON]:
    """What decides an answer and is not part of a record's key."""
    return {
        "made_by": f"sandreckoner {sandreckoner.__version__}",
        "prompts": _prompts_hash(),
        "model": ", ".join(models),
        "seed": seed,
        "budget": to_json(budget),
        **({"index": index} if index else {}),
    }


def _prompts_hash() -> str:
    """A hash of all prompts: they are part of the configuration, since they change the answers."""
    folder = files("sandreckoner.chains").joinpath("prompts")
    digest = hashlib.sha256()
    for prompt in sorted(folder.iterdir(), key=lambda file: file.name):
        digest.update(prompt.name.encode() + b"\0" + prompt.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
