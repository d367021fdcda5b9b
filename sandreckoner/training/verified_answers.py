"""Select the answers of an evaluation that are safe to train on.

An answer is verified if its program ran, each of its numbers has a source, and it equals the gold answer, or
without a gold answer, the answer of another strategy to the same question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Ask
from sandreckoner.core.journal import Replay, read_journal
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.serialization import from_json
from sandreckoner.evals.run.eval_log import journal_path, read_records
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.reading.normalize import equal
from sandreckoner.reading.programs import read_program


@dataclass(frozen=True, slots=True)
class Exchange:
    """A prompt as messages, and the model's reply."""

    messages: tuple[Message, ...]
    reply: str


@dataclass(frozen=True, slots=True)
class VerifiedAnswer:
    """A verified answer.

    Attributes:
        record: of the sample.
        answer: with its candidates.
        journal: of the sample.
        exchange: the one that produced the winner; for cells, the last.
    """

    record: SampleRecord
    answer: Answer
    journal: Replay
    exchange: Exchange


def verified_answers(folder: Path) -> Iterator[VerifiedAnswer]:
    """The verified answers of an evaluation, in the order of its log."""
    records = read_records(folder)
    by_question: dict[str, list[SampleRecord]] = {}
    for record in records:
        by_question.setdefault(record.question, []).append(record)
    for record in records:
        if record.error or not _agrees(record, by_question[record.question]):
            continue
        journal = read_journal(journal_path(folder, record.key))
        answer = journal.answer
        winner = answer.winner if answer else None
        if answer is None or winner is None or not _sound(answer, winner):
            continue
        if found := [exchange for exchange in exchanges(journal) if produced(exchange, winner)]:
            yield VerifiedAnswer(record, answer, journal, found[-1])


def _agrees(record: SampleRecord, others: Sequence[SampleRecord]) -> bool:
    if record.answer is None:
        return False
    if record.gold is not None:
        return record.right is True
    return any(
        other.strategy != record.strategy and other.answer is not None and equal(other.answer, record.answer)
        for other in others
    )


def _sound(answer: Answer, winner: Candidate) -> bool:
    ran = winner.execution is not None and winner.execution.ok
    return ran and all(source.origin != "unsourced" for source in answer.sources)


def exchanges(journal: Replay) -> Iterator[Exchange]:
    """Every completion of a run with its prompt."""
    for step in journal.steps:
        effect = from_json(step.get("effect")) if "effect" in step else None
        if isinstance(effect, Ask) and "reply" in step:
            for completion in from_json(step["reply"]):
                if isinstance(completion, Completion):
                    yield Exchange(effect.messages, completion.text)


def produced(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether this exchange produced a candidate's program, or a cell of it."""
    program = read_program(exchange.reply)
    return program is not None and all(line in candidate.program for line in program.code.splitlines())


def as_messages(messages: Sequence[Message]) -> list[Mapping[str, str]]:
    """Messages in the format of training libraries: dicts with `role` and `content`."""
    return [{"role": message.role, "content": message.content} for message in messages]
