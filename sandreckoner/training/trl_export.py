"""Export judged attempts as training data, in the formats that TRL's trainers read.

`sft` has `prompt` and `completion`, so that the reply alone is learnt; `preferences`, for DPO and reward
models, has `prompt`, `chosen` and `rejected`; `kto` has `prompt`, `completion` and `label`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from sandreckoner.core.execution import JSON
from sandreckoner.core.message import Message
from sandreckoner.evals.tasks.question import Question
from sandreckoner.training.judged_attempts import Attempt, judged_attempts

Line = Mapping[str, JSON]

NGRAM_WORDS = 8  # in a row are no coincidence (Brown et al. 2020 use 13 for longer texts)
MAX_OVERLAP = 0.5
MAX_PAIRS = 8  # of one question, so that no question counts for many


def training_lines(
    folder: Path,
    form: str,
    questions: Mapping[str, Question],
    *,
    held_out: Iterable[Question] = (),
    examples: bool = True,
) -> Iterator[Line]:
    """The lines of a training file.

    Args:
        folder: of an evaluation.
        form: a name in `FORMATS`.
        questions: of the evaluation, by id; records of other questions are left out.
        held_out: a benchmark; near duplicates of its questions are left out.
        examples: whether prompts keep the worked examples before the question. Without them a tuned model
            needs none, and its prompts are a fifth as long.
    """
    theirs: set[tuple[str, ...]] = set()
    for question in held_out:
        theirs |= ngrams(question.problem.question)
    for attempts in judged_attempts(folder, questions):
        if attempts and not is_near_duplicate(attempts[0].question.problem.question, theirs):
            yield from FORMATS[form](attempts, examples)


def sft(attempts: Sequence[Attempt], examples: bool) -> Iterator[Line]:
    """Supervised fine-tuning: each right program once."""
    for attempt in attempts:
        if attempt.right:
            yield {"prompt": _prompt(attempt, examples), "completion": _completion(attempt)}


def preferences(attempts: Sequence[Attempt], examples: bool) -> Iterator[Line]:
    """Preference pairs: a right program, and a wrong one to the same prompt."""
    pairs = (
        (right, wrong)
        for right in attempts
        for wrong in attempts
        if right.right and not wrong.right and right.prompt == wrong.prompt
    )
    for right, wrong in islice(pairs, MAX_PAIRS):
        yield {
            "prompt": _prompt(right, examples),
            "chosen": _completion(right),
            "rejected": _completion(wrong),
        }


def kto(attempts: Sequence[Attempt], examples: bool) -> Iterator[Line]:
    """Unpaired feedback: each program, right or wrong."""
    for attempt in attempts:
        yield {
            "prompt": _prompt(attempt, examples),
            "completion": _completion(attempt),
            "label": attempt.right,
        }


FORMATS: Mapping[str, Callable[[Sequence[Attempt], bool], Iterator[Line]]] = {
    "sft": sft,
    "preferences": preferences,
    "kto": kto,
}


def _prompt(attempt: Attempt, examples: bool) -> list[Mapping[str, str]]:
    """The messages before the reply; without examples, those before the question but the system's go."""
    messages = list(attempt.prompt)
    if not examples:
        asked = [place for place, each in enumerate(messages) if _asks(each, attempt.question)]
        begin = asked[0] if asked else len(messages) - 1
        messages = [each for each in messages[:begin] if each.role == "system"] + messages[begin:]
    return [{"role": message.role, "content": message.content} for message in messages]


def _asks(message: Message, question: Question) -> bool:
    return message.role == "user" and question.problem.question in message.content


def _completion(attempt: Attempt) -> list[Mapping[str, str]]:
    return [{"role": "assistant", "content": attempt.reply}]


def is_near_duplicate(text: str, theirs: set[tuple[str, ...]]) -> bool:
    """Whether at least half of a text's word 8-grams are among `theirs`; all numbers count as equal."""
    own = ngrams(text)
    # A text without words is a near duplicate of everything.
    return len(own & theirs) >= MAX_OVERLAP * len(own)


def ngrams(text: str) -> set[tuple[str, ...]]:
    """The word 8-grams of a text (one shorter gram if it is shorter); every number counts as 0."""
    words = re.findall(r"[a-z]+|\d", re.sub(r"\d[\d,.]*", "0", text.lower()))
    return {tuple(words[at : at + NGRAM_WORDS]) for at in range(max(1, len(words) - NGRAM_WORDS + 1))}
