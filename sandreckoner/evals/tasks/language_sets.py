"""The field's sets of choices and short texts: how a row of each, as the hub has it, becomes a question."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sandreckoner.core.problem import Passage, Problem
from sandreckoner.evals.tasks.question import Question
from sandreckoner.reading.letters import letter_of

Row = Mapping[str, Any]
Reader = Callable[[Row], Iterator[Question]]


class Template(NamedTuple):
    """An instruction over the fields of a row, and the options that its labels 0, 1, … stand for.

    As in instruction tuning (Wei et al. 2022, "Finetuned Language Models Are Zero-Shot Learners").
    """

    text: str
    options: tuple[str, ...]


GLUE = {
    "cola": Template("Is this sentence acceptable English?\n\n{sentence}", ("unacceptable", "acceptable")),
    "sst2": Template("What is the sentiment of this review?\n\n{sentence}", ("negative", "positive")),
    "mrpc": Template("Do these sentences mean the same?\n\n{sentence1}\n\n{sentence2}", ("no", "yes")),
    "qqp": Template("Do these questions ask the same?\n\n{question1}\n\n{question2}", ("no", "yes")),
    "mnli": Template(
        "{premise}\n\nDoes it follow that: {hypothesis}", ("it follows", "it is open", "it contradicts")
    ),
    "qnli": Template("Does the sentence answer the question?\n\n{question}\n\n{sentence}", ("yes", "no")),
    "rte": Template("{sentence1}\n\nDoes it follow that: {sentence2}", ("it follows", "it does not follow")),
    "wnli": Template("{sentence1}\n\nDoes it follow that: {sentence2}", ("it does not follow", "it follows")),
}
SUPERGLUE = {
    "boolq": Template("{passage}\n\n{question}?", ("no", "yes")),
    "cb": Template(
        "{premise}\n\nDoes it follow that: {hypothesis}", ("it follows", "it contradicts", "it is open")
    ),
    "wic": Template(
        "Has the word “{word}” the same meaning in both sentences?\n\n{sentence1}\n\n{sentence2}",
        ("no", "yes"),
    ),
}
_COPA = {"cause": "What was the cause?", "effect": "What happened as a result?"}


def classified(template: Template) -> Reader:
    """Reads the rows of a task whose labels are numbers; one without a label has no gold answer."""

    def read(row: Row) -> Iterator[Question]:
        texts = {name: str(value).strip() for name, value in row.items()}
        problem = Problem(_filled(template.text, texts), options=template.options)
        label = row.get("label")
        gold = letter_of(int(label)) if label is not None and int(label) >= 0 else None
        yield Question(str(row.get("idx", row["id"])), problem, gold, "choice")

    return read


def _filled(template: str, texts: Mapping[str, str]) -> str:
    """The template with the fields of a row; nothing in a field is a template."""
    return re.sub(r"\{(\w+)\}", lambda name: texts[name[1]], template)


def mmlu(row: Row) -> Iterator[Question]:
    """Hendrycks et al. 2021, "Measuring Massive Multitask Language Understanding"."""
    yield _choice(row, row["question"], row["choices"], int(row["answer"]))


def hellaswag(row: Row) -> Iterator[Question]:
    """Zellers et al. 2019, "HellaSwag: Can a Machine Really Finish Your Sentence?"."""
    begun = f"{row['activity_label']}: {row['ctx']}" if row.get("activity_label") else str(row["ctx"])
    question = f"Which ending continues this best?\n\n{_plain(begun)}"
    yield _choice(row, question, [_plain(ending) for ending in row["endings"]], int(row["label"]))


def _plain(text: str) -> str:
    """Without the marks of WikiHow, `[header]` and such."""
    return " ".join(re.sub(r"\[.*?\]", " ", text.replace(" [title]", ". ")).split())


def arc(row: Row) -> Iterator[Question]:
    """Clark et al. 2018, "Think you have Solved Question Answering? Try ARC"."""
    choices = row["choices"]
    yield _choice(row, row["question"], choices["text"], list(choices["label"]).index(row["answerKey"]))


def truthfulqa(row: Row) -> Iterator[Question]:
    """Lin et al. 2022, "TruthfulQA"; its rows have the right choice first, so they are mixed."""
    choices, labels = row["mc1_targets"]["choices"], row["mc1_targets"]["labels"]
    right = choices[list(labels).index(1)]
    mixed = sorted(choices, key=lambda choice: hashlib.sha256(f"{row['question']}{choice}".encode()).digest())
    yield _choice(row, row["question"], mixed, mixed.index(right))


def copa(row: Row) -> Iterator[Question]:
    """Roemmele et al. 2011, "Choice of Plausible Alternatives", as SuperGLUE has it."""
    question = f"{row['premise']} {_COPA[row['question']]}"
    yield _choice(row, question, [row["choice1"], row["choice2"]], int(row["label"]))


def strategyqa(row: Row) -> Iterator[Question]:
    """Geva et al. 2021, "Did Aristotle Use a Laptop?"."""
    name = str(row.get("qid") or row["id"])
    yield _choice({"id": name}, row["question"], ["no", "yes"], int(bool(row["answer"])))


def squad(row: Row) -> Iterator[Question]:
    """Rajpurkar et al. 2016, "SQuAD"; a row is a question, or a paragraph with all of its questions."""
    passage = Passage(row["context"], str(row.get("title") or row.get("doc") or "passage"))
    for asked in row.get("qas", [row]):
        answers = asked["answers"]
        texts = answers["text"] if isinstance(answers, Mapping) else [_answer(each) for each in answers]
        gold, *others = dict.fromkeys(texts) or [None]
        problem = Problem(asked["question"], (passage,))
        yield Question(str(asked["id"]), problem, gold, "span", tuple(filter(None, others)))


def _answer(answer: Any) -> str:
    return str(answer["text"] if isinstance(answer, Mapping) else answer)


def finqa(row: Row) -> Iterator[Question]:
    """Chen et al. 2021, "FinQA"; the report's page as one passage, the result as its program computes it."""
    asked = row["qa"]
    yield Question(str(row["id"]), Problem(asked["question"], (_report(row),)), str(asked["exe_ans"]))


def convfinqa(row: Row) -> Iterator[Question]:
    """Chen et al. 2022, "ConvFinQA": each turn of a conversation, after the ones before it."""
    turns = row["annotation"]
    questions, golds = turns["dialogue_break"], turns["exe_ans_list"]
    for turn, (question, gold) in enumerate(zip(questions, golds, strict=True)):
        before = zip(questions[:turn], golds[:turn], strict=True)
        asked = "\n".join([*(f"{each} {result}" for each, result in before), question])
        yield Question(f"{row['id']}#{turn}", Problem(asked, (_report(row),)), str(gold))


def _report(row: Row) -> Passage:
    parts = [*row["pre_text"], table_text(row["table"]), *row["post_text"]]
    return Passage("\n\n".join(parts), str(row["id"]))


def table_text(lines: Iterable[Iterable[object]]) -> str:
    """The lines of a report's table as rows of Markdown."""
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)


def _choice(row: Row, question: str, options: Sequence[str], right: int) -> Question:
    return Question(str(row["id"]), Problem(question, options=tuple(options)), letter_of(right), "choice")
