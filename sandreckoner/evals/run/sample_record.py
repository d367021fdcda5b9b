"""The record of one sample in the log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import JournalError
from sandreckoner.core.execution import JSON
from sandreckoner.core.serialization import dumps, to_json
from sandreckoner.evals.tasks.question import TEXTS, Question
from sandreckoner.evals.tasks.scoring import Score


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One line of the log: the answer of one sample, its scores and its cost.

    Attributes:
        key: identifies the sample; see `key_of`.
        question: the question's id.
        strategy: the strategy's specification.
        model: the model's name; empty in logs of earlier versions.
        epoch: from 0.
        answer: the answer's text; None if there is none.
        gold: the correct answer.
        status: the answer's status, or `error` if the run failed.
        reason: why there is no answer, or the error.
        confidence: if the strategy has one.
        right, strict, flexible: see `scoring.Score`; None means unscored.
        votes: the answer of each candidate, in order.
        weights: the log-probability of each candidate, if the backend returns it.
        unread: number of candidates whose reply had neither a program nor an answer.
        failed: number of candidates whose program failed.
        kind, references: of the question, where its answers are texts: see `report.text_scores`.
        calls, input_tokens, output_tokens, usd, seconds: the cost; `usd` is None if a price is unknown.
    """

    key: str
    question: str
    strategy: str
    epoch: int
    answer: str | None
    gold: str | None
    status: str
    reason: str = ""
    confidence: float | None = None
    right: bool | None = None
    strict: bool | None = None
    flexible: bool | None = None
    votes: tuple[str | None, ...] = ()
    weights: tuple[float | None, ...] = ()
    unread: int = 0
    failed: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None
    seconds: float = 0.0
    model: str = ""
    kind: str = ""
    references: tuple[str, ...] = ()

    @property
    def error(self) -> bool:
        """Whether the run failed; such a sample is run again when the evaluation is resumed."""
        return self.status == "error"

    def to_json(self) -> Mapping[str, JSON]:
        """As a line of the log."""
        return asdict(self)


def read_record(line: Mapping[str, JSON]) -> SampleRecord:
    """The inverse of `SampleRecord.to_json`.

    Raises:
        JournalError: a field is unknown or missing.
    """
    unknown = sorted(set(line) - {field.name for field in fields(SampleRecord)})
    if unknown:
        raise JournalError(f"the log has a field {unknown[0]!r}, which this version does not know")
    lists = {name: tuple(line.get(name) or ()) for name in ("votes", "weights", "references")}
    try:
        return SampleRecord(**{**line, **lists})
    except TypeError as fault:
        raise JournalError(f"a line of the log cannot be read: {fault}") from None


def key_of(question: Question, strategy: str, epoch: int, *, model: str, seed: int) -> str:
    """A hash of everything that decides a sample's answer: 32 hexadecimal digits."""
    matters = [to_json(question.problem), strategy, epoch, model, seed, question.id]
    return hashlib.sha256(dumps(matters).encode()).hexdigest()[:32]


def answered(
    key: str, question: Question, strategy: str, epoch: int, answer: Answer, scored: Score, *, model: str = ""
) -> SampleRecord:
    """The record of an answered sample."""
    candidates = answer.candidates
    return SampleRecord(
        key,
        question.id,
        strategy,
        epoch,
        _text(answer, question),
        question.gold,
        answer.status,
        answer.reason,
        answer.confidence,
        scored.right,
        scored.strict,
        scored.flexible,
        votes=tuple(candidate.answer for candidate in candidates),
        weights=tuple(candidate.logprob for candidate in candidates),
        unread=sum(candidate.answer is None and candidate.execution is None for candidate in candidates),
        failed=sum(
            candidate.execution is not None and not candidate.execution.ok for candidate in candidates
        ),
        calls=answer.usage.calls,
        input_tokens=answer.usage.input_tokens,
        output_tokens=answer.usage.output_tokens,
        usd=answer.usage.usd,
        seconds=answer.seconds,
        model=model,
        **of_texts(question),
    )


def failed(
    key: str, question: Question, strategy: str, epoch: int, reason: str, *, model: str = ""
) -> SampleRecord:
    """The record of a sample whose run failed; it is unscored."""
    return SampleRecord(
        key,
        question.id,
        strategy,
        epoch,
        None,
        question.gold,
        "error",
        reason,
        model=model,
        **of_texts(question),
    )


def _text(answer: Answer, question: Question) -> str | None:
    """The answer's text; where a whole text was asked for and no program made it, the whole reply."""
    candidate = answer.winner or next(iter(answer.candidates), None)
    if question.kind != "text" or candidate is None or candidate.program:
        return answer.text
    return candidate.reasoning.strip() or None


def of_texts(question: Question) -> dict[str, Any]:
    """What a record keeps of a question whose answers are texts."""
    return {"kind": question.kind, "references": question.references} if question.kind in TEXTS else {}
