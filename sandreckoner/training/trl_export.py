"""Export verified answers as training data in the formats of TRL.

An answer is verified if its program ran, each of its numbers has a source, and it equals the gold answer, or
without a gold answer, the answer of another strategy to the same question.

`sft` has `messages`; `preferences` has `prompt`, `chosen` and `rejected`; `steps` (for strategies that write
cells) has `prompt`, `completions` and `labels`, one per step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Ask, Run
from sandreckoner.core.execution import JSON, Execution
from sandreckoner.core.journal import Replay, from_json, read_journal
from sandreckoner.core.message import Completion, Message
from sandreckoner.evals.run.eval_log import journal_path, read_records
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.evals.tasks.question import Question
from sandreckoner.reading.normalize import equal
from sandreckoner.reading.programs import mended, read_program


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
    return (
        ran and not mended(winner.repairs) and all(source.origin != "unsourced" for source in answer.sources)
    )


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
    return (
        program is not None
        and not program.fault
        and all(line in candidate.program for line in program.code.splitlines())
    )


def as_messages(messages: Sequence[Message]) -> list[Mapping[str, str]]:
    """Messages in the format of training libraries: dicts with `role` and `content`."""
    return [{"role": message.role, "content": message.content} for message in messages]


NGRAM_WORDS = 8  # in a row are no coincidence (Brown et al. 2020 use 13 for longer texts)
MAX_OVERLAP = 0.5

Line = Mapping[str, JSON]


def sft(item: VerifiedAnswer) -> Line | None:
    """Supervised fine-tuning: the prompt and the reply with the verified program."""
    reply = {"role": "assistant", "content": item.exchange.reply}
    return {"messages": [*as_messages(item.exchange.messages), reply]}


def preferences(item: VerifiedAnswer) -> Line | None:
    """Preference pair: the verified reply, and a reply to the same prompt that failed or was wrong."""
    for candidate in item.answer.candidates:
        ran = candidate.execution is not None and candidate.execution.ok
        if ran and candidate.answer is not None and equal(candidate.answer, str(item.record.answer)):
            continue
        for other in exchanges(item.journal):
            same_prompt = other.messages == item.exchange.messages
            if same_prompt and other.reply != item.exchange.reply and produced(other, candidate):
                return {
                    "prompt": as_messages(item.exchange.messages),
                    "chosen": [{"role": "assistant", "content": item.exchange.reply}],
                    "rejected": [{"role": "assistant", "content": other.reply}],
                }
    return None


def steps(item: VerifiedAnswer) -> Line | None:
    """Stepwise supervision: the cells of a verified answer, each labelled by whether it ran."""
    winner = item.answer.winner
    ran: list[tuple[str, bool]] = []
    for step in item.journal.steps:
        effect = from_json(step.get("effect")) if "effect" in step else None
        if isinstance(effect, Run) and effect.keep and winner and effect.code.strip():
            cell = effect.code.removesuffix("\nanswer").rstrip()
            if all(line.strip() in winner.program for line in cell.splitlines()):
                reply = from_json(step.get("reply"))
                ran.append((cell, isinstance(reply, Execution) and reply.ok))
    if len(ran) < 2:
        return None
    prompt = from_json(item.journal.header["problem"]).question
    return {"prompt": prompt, "completions": [cell for cell, _ in ran], "labels": [ok for _, ok in ran]}


FORMATS: Mapping[str, Callable[[VerifiedAnswer], Line | None]] = {
    "sft": sft,
    "preferences": preferences,
    "steps": steps,
}


def training_lines(
    folder: Path, form: str, questions: Mapping[str, Question], *, held_out: Iterable[Question] = ()
) -> Iterator[Line]:
    """The lines of a training file.

    Args:
        folder: of an evaluation.
        form: a name in `FORMATS`.
        questions: of the evaluation, by id; records of other questions are left out.
        held_out: a benchmark; near duplicates of its questions are left out.
    """
    theirs: set[tuple[str, ...]] = set()
    for question in held_out:
        theirs |= ngrams(question.problem.question)
    for item in verified_answers(folder):
        question_of = questions.get(item.record.question)
        if question_of is None or is_near_duplicate(question_of.problem.question, theirs):
            continue
        if line := FORMATS[form](item):
            yield line


def is_near_duplicate(text: str, theirs: set[tuple[str, ...]]) -> bool:
    """Whether at least half of a text's word 8-grams are among `theirs`; all numbers count as equal."""
    own = ngrams(text)
    return len(own & theirs) >= MAX_OVERLAP * len(
        own
    )  # a text without words is a near duplicate of everything


def ngrams(text: str) -> set[tuple[str, ...]]:
    """The word 8-grams of a text (one shorter gram if it is shorter); every number counts as 0."""
    words = re.findall(r"[a-z]+|\d", re.sub(r"\d[\d,.]*", "0", text.lower()))
    return {tuple(words[at : at + NGRAM_WORDS]) for at in range(max(1, len(words) - NGRAM_WORDS + 1))}
