"""Rows of the field's sets, in the shape that the hub has them, become questions."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandreckoner.core.errors import UsageError
from sandreckoner.evals import load_questions
from sandreckoner.evals.tasks.language_sets import GLUE, SUPERGLUE
from sandreckoner.evals.tasks.question import Question

REPORT = {
    "id": "A/2024/page_1.pdf",
    "pre_text": ["Sales rose ."],
    "post_text": ["See note 3 ."],
    "table": [["", "2024", "2023"], ["sales", "20", "10"]],
}
ROWS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "mmlu": ("mmlu_test", {"question": "2 + 2?", "subject": "x", "choices": ["3", "4"], "answer": 1}),
    "hellaswag": (
        "hellaswag_validation",
        {
            "activity_label": "Cooking",
            "ctx": "He [header] stirs",
            "endings": ["a", "b [step] c"],
            "label": "1",
        },
    ),
    "arc": (
        "arc_challenge_test",
        {"question": "Which?", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "2"},
    ),
    "truthfulqa_mc": (
        "truthfulqa_mc",
        {
            "question": "Do pigs fly?",
            "mc1_targets": {"choices": ["No", "Yes", "At night"], "labels": [1, 0, 0]},
        },
    ),
    "strategyqa": ("strategyqa", {"qid": "s1", "question": "Is it?", "answer": True}),
    "squad": (
        "squad_v1.1_dev",
        {"context": "It began in May.", "question": "When?", "answers": {"text": ["May", "in May", "May"]}},
    ),
    "finqa": ("finqa_test", {**REPORT, "qa": {"question": "What is the growth?", "exe_ans": 1.0}}),
    "copa": (
        "copa_validation",
        {"premise": "It rained.", "choice1": "Wet.", "choice2": "Dry.", "question": "effect", "label": 0},
    ),
    "boolq": ("boolq_validation", {"passage": "Ice is cold {label}.", "question": "is ice cold", "label": 1}),
    "rte": ("rte_validation", {"sentence1": "A.", "sentence2": "B.", "label": -1, "idx": 7}),
}


def read(name: str, folder: Path) -> Question:
    file, row = ROWS[name]
    write_row(folder / f"{file}.jsonl.gz", {"id": "1", **row})
    (question,) = load_questions(name, folder=folder)
    return question


def write_row(path: Path, row: Mapping[str, Any]) -> None:
    path.write_bytes(gzip.compress(json.dumps(row).encode() + b"\n"))


@pytest.mark.parametrize(
    ("name", "asked", "options", "gold"),
    [
        ("mmlu", "2 + 2?", ("3", "4"), "(B)"),
        ("hellaswag", "Cooking: He stirs", ("a", "b c"), "(B)"),
        ("arc", "Which?", ("x", "y"), "(B)"),
        ("strategyqa", "Is it?", ("no", "yes"), "(B)"),
        ("squad", "When?", (), "May"),
        ("finqa", "What is the growth?", (), "1.0"),
        ("copa", "It rained. What happened as a result?", ("Wet.", "Dry."), "(A)"),
        ("boolq", "Ice is cold {label}.\n\nis ice cold?", ("no", "yes"), "(B)"),
        ("rte", "A.\n\nDoes it follow that: B.", ("it follows", "it does not follow"), None),
    ],
)
def test_a_row_becomes_a_question(
    name: str, asked: str, options: tuple[str, ...], gold: str | None, tmp_path: Path
) -> None:
    question = read(name, tmp_path)
    assert asked in question.problem.question
    assert (question.problem.options, question.gold) == (options, gold)


def test_the_right_choice_of_truthfulqa_is_not_always_the_first(tmp_path: Path) -> None:
    question = read("truthfulqa_mc", tmp_path)
    assert question.gold is not None
    assert question.problem.options["(ABC".index(question.gold[1]) - 1] == "No"
    assert set(question.problem.options) == {"No", "Yes", "At night"}


def test_a_span_keeps_its_other_answers_and_a_report_its_table(tmp_path: Path) -> None:
    squad, finqa = read("squad", tmp_path), read("finqa", tmp_path)
    assert (squad.kind, squad.references) == ("span", ("in May",))
    assert "| sales | 20 | 10 |" in finqa.problem.passages[0].text


def test_a_conversation_is_asked_turn_by_turn(tmp_path: Path) -> None:
    annotation = {"dialogue_break": ["sales in 2024?", "and in 2023?"], "exe_ans_list": [20.0, 10.0]}
    row = {**REPORT, "annotation": annotation}
    write_row(tmp_path / "convfinqa_dev.jsonl.gz", row)
    first, second = load_questions("convfinqa", folder=tmp_path)
    assert first.problem.question == "sales in 2024?"
    assert second.problem.question == "sales in 2024? 20.0\nand in 2023?"
    assert (first.gold, second.gold, second.id) == ("20.0", "10.0", "A/2024/page_1.pdf#1")


@pytest.mark.parametrize("name", [*GLUE, *SUPERGLUE])
def test_every_field_of_a_template_is_filled(name: str, tmp_path: Path) -> None:
    template = {**GLUE, **SUPERGLUE}[name]
    fields = re.findall(r"\{(\w+)\}", template.text)
    row = {"idx": 3, "label": len(template.options) - 1, **{field: f"<{field}>" for field in fields}}
    write_row(tmp_path / f"{name}_validation.jsonl.gz", row)
    (question,) = load_questions(name, folder=tmp_path)
    assert all(f"<{field}>" in question.problem.question for field in fields)
    assert question.gold == f"({chr(ord('A') + len(template.options) - 1)})"


def test_a_row_of_another_shape_is_one_line(tmp_path: Path) -> None:
    write_row(tmp_path / "mmlu_test.jsonl.gz", {"question": "2 + 2?", "options": ["3", "4"]})
    with pytest.raises(UsageError, match=r"row 1: this is no row of mmlu, .* than question, options"):
        list(load_questions("mmlu", folder=tmp_path))
