"""The attempts of an evaluation, each judged right or wrong by what the sandbox and the gold answer say.

An attempt is right if its program ran as the model wrote it, each of its numbers has a source, and its result
is the gold answer. Where a question has no gold answer, it is the result on which another strategy agrees.
An attempt is wrong if its program failed or its result is another. What is neither (right by luck, with a
number from nowhere or after mending) is left out: it teaches nothing that should be learnt.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Ask
from sandreckoner.core.journal import Replay, read_journal
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import from_json
from sandreckoner.evals.run.eval_log import journal_path, read_records
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import score
from sandreckoner.provenance.program_sources import with_sources
from sandreckoner.reading.normalize import equal
from sandreckoner.reading.programs import mended, read_program


@dataclass(frozen=True, slots=True)
class Attempt:
    """A reply of the model with the program that came out of it.

    Attributes:
        question: that it answers.
        prompt: the messages before the reply; for cells, with the cells before the last.
        reply: as the model wrote it.
        program: that was run.
        right: whether it is right; see the module.
    """

    question: Question
    prompt: tuple[Message, ...]
    reply: str
    program: str
    right: bool


def judged_attempts(folder: Path, questions: Mapping[str, Question]) -> Iterator[list[Attempt]]:
    """The attempts of an evaluation at each of its questions, each program once.

    Args:
        folder: of the evaluation.
        questions: its questions by id; records of others are left out.
    """
    by_question: dict[str, list[SampleRecord]] = {}
    for record in read_records(folder):
        by_question.setdefault(record.question, []).append(record)
    for name, records in by_question.items():
        if name in questions:
            yield list(_attempts(folder, questions[name], records))


def _attempts(folder: Path, question: Question, records: Sequence[SampleRecord]) -> Iterator[Attempt]:
    seen = set[str]()
    for record in records:
        if record.error:
            continue
        journal = read_journal(journal_path(folder, record.key))
        answer = journal.answer
        if answer is None:
            continue
        replies = list(_replies(journal))
        for candidate in answer.candidates or (answer.winner,):
            produced = [each for each in replies if candidate and _produced(each[1], candidate)]
            if candidate is None or not produced or (same := _form(candidate.program)) in seen:
                continue
            right = _is_right(candidate, answer, question, record, records)
            if right is not None:
                seen.add(same)
                prompt, reply = produced[-1]
                yield Attempt(question, prompt, reply, candidate.program, right)


def _is_right(
    candidate: Candidate,
    answer: Answer,
    question: Question,
    record: SampleRecord,
    records: Sequence[SampleRecord],
) -> bool | None:
    """Whether a candidate is right; None where it is neither right nor wrong."""
    if candidate.execution is None or not candidate.execution.ok or candidate.answer is None:
        return False
    own = replace(answer, text=candidate.answer, winner=candidate, candidates=(candidate,))
    is_right = _agrees(own, record, records) if question.gold is None else score(own, question).right
    if not is_right:
        return None if is_right is None else False
    is_clean = not mended(candidate.repairs) and _is_sourced(own, answer, question.problem)
    return True if is_clean else None


def _agrees(own: Answer, record: SampleRecord, records: Sequence[SampleRecord]) -> bool | None:
    """Whether another strategy came to the same; None where none says anything."""
    others = [each.answer for each in records if each.strategy != record.strategy and each.answer is not None]
    return any(equal(other, own.text or "") for other in others) or (False if others else None)


def _is_sourced(own: Answer, answer: Answer, problem: Problem) -> bool:
    if own.winner != answer.winner:
        answer = with_sources(own, problem)
    return all(source.origin != "unsourced" for source in answer.sources)


def _replies(journal: Replay) -> Iterator[tuple[tuple[Message, ...], str]]:
    """Every reply of a run, behind its prompt."""
    for step in journal.steps:
        effect = from_json(step.get("effect")) if "effect" in step else None
        if isinstance(effect, Ask) and "reply" in step:
            for completion in from_json(step["reply"]):
                if isinstance(completion, Completion):
                    yield effect.messages, completion.text


def _produced(reply: str, candidate: Candidate) -> bool:
    """Whether a reply has a candidate's program, or the last cell of it."""
    program = read_program(reply)
    return (
        program is not None
        and not program.fault
        and all(line in candidate.program for line in program.code.splitlines())
    )


def _form(program: str) -> str:
    """The same for programs that differ in layout and comments alone."""
    try:
        return ast.dump(ast.parse(program))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return program
