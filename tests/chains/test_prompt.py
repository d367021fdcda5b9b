"""Prompts: five parts from a text file, filled in one pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sandreckoner.chains.prompt import Example, Prompt, load_prompt, parse_prompt
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Passage, Problem

SHIPPED = ["direct", "chain_of_thought", "chain_of_thought_few_shot", "program_aided"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_prompt_that_ships_puts_the_question_and_the_passages(name: str) -> None:
    problem = Problem("How many {{eggs}}?", (Passage("512.3 eggs", "report.md", 4),))
    last = load_prompt(name).messages(problem)[-1]
    assert last.role == "user"
    assert last.content.endswith("How many {{eggs}}?")
    assert "[1] report.md, page 4\n512.3 eggs" in last.content


def test_the_parts_stand_where_they_belong() -> None:
    prompt = Prompt("Do it.", format="As a number.", examples=(Example("1+1?", "2"),))
    assert prompt.messages(Problem("2+2?")) == (
        Message("system", "Do it.\n\nAs a number."),
        Message("user", "1+1?"),
        Message("assistant", "2"),
        Message("user", "2+2?"),
    )


def test_options_are_lettered_below_the_question() -> None:
    said = Prompt("Choose.").messages(Problem("Which?", options=("red", "blue")))[-1].content
    assert said == "Which?\n(A) red\n(B) blue"


def test_each_part_can_be_replaced_and_a_prompt_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    sections = "=== instruction ===\nBe brief, {{name}}.\n=== example ===\nQ\n--- reply ---\nA\n"
    file.write_text(sections, encoding="utf-8")
    prompt = replace(load_prompt(str(file)), input="Question: {{question}}")
    messages = prompt.messages(Problem("Why?"), name="Ada")
    assert [message.content for message in messages] == ["Be brief, Ada.", "Q", "A", "Question: Why?"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no sections", "`=== instruction ===` is missing"),
        ("=== instruction ===\na\n=== instruction ===\nb", "appears twice"),
        ("=== instruction ===\na\n=== sermon ===\nb", "unknown section 'sermon'"),
        ("=== instruction ===\na\n=== example ===\nonly a question", "needs a line `--- reply ---`"),
    ],
)
def test_a_prompt_that_cannot_be_read_says_why(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        parse_prompt(text)


def test_a_missing_and_an_unused_variable_are_errors() -> None:
    with pytest.raises(UsageError, match="uses {{topic}}, which has no value"):
        Prompt("About {{topic}}.").messages(Problem("Why?"))
    with pytest.raises(UsageError, match="no place for {{topic}}"):
        Prompt("About it.").messages(Problem("Why?"), topic="eggs")
    with pytest.raises(UsageError, match="cannot be read"):
        load_prompt("nowhere")
