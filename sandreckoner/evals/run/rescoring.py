"""Score a finished evaluation again from its journals, without calling a model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sandreckoner.core.errors import JournalError
from sandreckoner.evals.run.eval_log import read_answer, read_records
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import Scorer, score


def rescore(
    folder: str | Path, questions: Iterable[Question], scorer: Scorer | None = None
) -> list[SampleRecord]:
    """The records of an evaluation with new scores; the log on disk is not changed.

    Args:
        folder: of the evaluation.
        questions: with their gold answers; records of other questions are left out.
        scorer: None for the scorer of each question's kind.

    Raises:
        JournalError: a journal is missing or damaged.
    """
    asked = {question.id: question for question in questions}
    return [
        _rescored(Path(folder), record, asked[record.question], scorer)
        for record in read_records(Path(folder))
        if record.question in asked
    ]


def _rescored(folder: Path, record: SampleRecord, question: Question, scorer: Scorer | None) -> SampleRecord:
    if record.error:
        return record
    answer = read_answer(folder, record.key)
    if answer is None:
        raise JournalError(f"the journal of {record.question!r} has no answer; run that sample again")
    scored = score(answer, question, scorer)
    return replace(
        record, gold=question.gold, right=scored.right, strict=scored.strict, flexible=scored.flexible
    )
