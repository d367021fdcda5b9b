"""Training data from verified answers, in the formats that TRL reads.

`sft` has `messages`; `preferences` has `prompt`, `chosen` and `rejected`; `steps` (of strategies that write
cells) has `prompt`, `completions` and `labels`, one a step.
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
from sandreckoner.training.verified_answers import Verified, as_messages, exchanges, verified, wrote

GRAM = 8  # words: as many in a row are no coincidence (Brown et al. 2020 use 13 for longer texts)
OVERLAP = 0.5

Line = Mapping[str, JSON]


def sft(item: Verified) -> Line | None:
    """The conversation with the reply that held the verified program."""
    reply = {"role": "assistant", "content": item.exchange.reply}
    return {"messages": [*as_messages(item.exchange.messages), reply]}


def preferences(item: Verified) -> Line | None:
    """The verified reply before one to the same prompt whose program failed or came to something else."""
    for candidate in item.answer.candidates:
        ran = candidate.execution is not None and candidate.execution.ok
        if ran and candidate.answer is not None and equal(candidate.answer, str(item.record.answer)):
            continue
        for other in exchanges(item.journal):
            same_prompt = other.messages == item.exchange.messages
            if same_prompt and other.reply != item.exchange.reply and wrote(other, candidate):
                return {
                    "prompt": as_messages(item.exchange.messages),
                    "chosen": [{"role": "assistant", "content": item.exchange.reply}],
                    "rejected": [{"role": "assistant", "content": other.reply}],
                }
    return None


def steps(item: Verified) -> Line | None:
    """The cells of a verified line of cells, each labelled by whether it ran."""
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


FORMATS: Mapping[str, Callable[[Verified], Line | None]] = {
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
        form: a name of `FORMATS`.
        questions: those of the evaluation by their ids; records of others are left out.
        held_out: a benchmark; what nearly repeats one of its questions is left out.
    """
    theirs: set[tuple[str, ...]] = set()
    for question in held_out:
        theirs |= grams(question.problem.question)
    for item in verified(folder):
        question_of = questions.get(item.record.question)
        if question_of is None or nearly_in(question_of.problem.question, theirs):
            continue
        if line := FORMATS[form](item):
            yield line


def nearly_in(text: str, theirs: set[tuple[str, ...]]) -> bool:
    """Whether half of a text's runs of eight words stand in another, numbers counting as alike."""
    own = grams(text)
    return len(own & theirs) >= OVERLAP * len(own)  # a text without words is in everything


def grams(text: str) -> set[tuple[str, ...]]:
    """The runs of eight words of a text, fewer where it is shorter; a number is any number."""
    words = re.findall(r"[a-z]+|\d", re.sub(r"\d[\d,.]*", "0", text.lower()))
    return {tuple(words[at : at + GRAM]) for at in range(max(1, len(words) - GRAM + 1))}
