"""The final answer in prose, ours and as lm-evaluation-harness reads it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.reading.final_answer import find_answer, read_answer
from sandreckoner.reading.lm_eval import exact_match, flexible_number, strict_number
from sandreckoner.reading.normalize import equal

REPLIES = {
    record["name"]: record["text"]
    for record in map(json.loads, Path(__file__).with_name("replies.jsonl").read_text().splitlines())
}


@pytest.mark.parametrize(
    ("reply", "text", "rule"),
    [
        ("2 + 2 = 4. The answer is 18.", "18", "phrase"),
        ("The answer is -7.", "-7", "phrase"),
        ("So the answer is −$7. Good.", "−$7", "phrase"),
        ("The answer is $18.50 per hour. He is glad.", "$18.50 per hour", "phrase"),
        ("The final answer is: **1,234**", "1,234", "phrase"),
        ("The answer is 9 * $2 = $18.", "$18", "phrase"),
        ("The answer is 05/01/2021.", "05/01/2021", "phrase"),
        ("The answer is 5. Checking, the result is 6.", "5", "phrase"),
        ("The answer is 3. No: the answer is 4.", "4", "phrase"),
        ("He has 3.\n#### -7", "-7", "hashes"),
        (r"Thus \boxed{\frac{3}{4}} is it.", r"\frac{3}{4}", "boxed"),
        (r"First \boxed{1}, then \boxed{2}.", "2", "boxed"),
        (r"The answer is \boxed{5", "5", "boxed"),
        (r"\boxed 5.", "5", "boxed"),
        ("Yes, because 5 > 3.", "yes", "yes or no"),
        ("No", "no", "yes or no"),
        ("$1,234.50", "$1,234.50", "whole"),
        ("[1, 2]", "[1, 2]", "whole"),
        ("First 3.\nThen **42 eggs** are left, as 3 were eaten.", "42 eggs", "bold"),
        ("Thus she has 9 eggs, earning $18 in all.", "$18", "last number"),
        ("She walks 3 miles,\nwhich takes -4 hours.", "-4", "last number"),
        ("Yesterday was 04/30/2021,\nso today is 05/01/2021.", "05/01/2021", "last number"),
        (
            "Answer: She eats 3 first, and bakes 4.\nThat leaves 9, which she takes to the market,\n"
            "where she sells all of them at $2 each, for $18.",
            "$18",
            "last number",
        ),
    ],
)
def test_rules(reply: str, text: str, rule: str) -> None:
    reading = find_answer(reply)
    assert reading is not None
    assert (reading.text, reading.rule) == (text, rule)


@pytest.mark.parametrize("reply", ["", "  \n", "\\boxed{}", "I do not know how\nto say this"])
def test_no_answer(reply: str) -> None:
    assert read_answer(reply) is None


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("I think option B is right.", "(B)"),
        ("The answer is (C) five hours.", "(C)"),
        ("5 hours each, therefore D", "(D)"),
        ("(A) is wrong, (B) is right", "(B)"),
    ],
)
def test_choices(reply: str, letter: str) -> None:
    assert read_answer(reply, options=["1", "2", "3", "4"]) == letter


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("gsm8k-101-boxed", "9.8"),
        ("gsm8k-102-boxed", "6"),
        ("gsm8k-103-boxed", "140"),
        ("gsm8k-113-boxed", "25"),
    ],
)
def test_real_replies(name: str, answer: str) -> None:
    assert read_answer(REPLIES[name]) == answer


def test_the_harness_rules() -> None:
    assert strict_number("The answer is 1,234.") == "1,234"
    assert strict_number("#### -7", style="hashes") == "-7"
    assert strict_number("the answer is 5") is None
    assert flexible_number("3 eggs at $2 make $6.") == "$6."
    assert flexible_number("none") is None
    assert exact_match("$1,234.", "1234") and not exact_match("18.0", "18") and not exact_match(None, "1")


@given(st.text(max_size=300))
def test_any_text_is_read_without_fault(reply: str) -> None:
    find_answer(reply, options=["x", "y"])
    find_answer(reply)


@pytest.mark.parametrize(
    "reply", ["{" * 40_000 + "\\boxed{" * 1_000, "**" * 30_000, "answer is " * 5_000, "1," * 25_000]
)
def test_hostile_text_does_not_hang(reply: str) -> None:
    find_answer(reply)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "at_least"),
    [("fcot_GSM8K_COT_code002", 63.3), ("fcot_GSM8K_COT_gpt4", 93.5), ("fcot_date_COT_code002", 76.3)],
)
def test_published_accuracies_are_reached(data: Path, name: str, at_least: float) -> None:
    with gzip.open(data / "recorded" / f"{name}.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    right = sum(equal(read_answer(r["samples"][0]) or "", r["gold"].removeprefix("#### ")) for r in records)
    assert 100 * right / len(records) >= at_least


@pytest.mark.parametrize(
    "words", ["since ", "however ", "answer (a) ", "(A) and ", "not A ", "guess ", "7 decrease "]
)
def test_a_long_reply_of_one_word_is_read(words: str) -> None:
    """A pattern that looks ahead without a bound would take minutes here."""
    find_answer(
        "The answer is 5 " + words * 5_000, options=["cat", "dog"], question="By how much did it fall?"
    )
