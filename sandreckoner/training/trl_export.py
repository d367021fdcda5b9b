"""Export verified answers as training data in the formats of TRL.

`sft` has `messages`; `preferences` has `prompt`, `chosen` and `rejected`; `steps` (for strategies that write
cells) has `prompt`, `completions` and `labels`, one per step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from sandreckoner.core.effects import Run
from sandreckoner.core.execution import JSON, Execution
from sandreckoner.core.serialization import from_json
from sandreckoner.evals.tasks.question import Question
from sandreckoner.reading.normalize import equal
from sandreckoner.training.verified_answers import (
    VerifiedAnswer,
    as_messages,
    exchanges,
    produced,
    verified_answers,
)

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
