"""What counts as right, kind by kind, and the readings that others report beside it."""

from __future__ import annotations

import pytest

from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.problem import Problem
from sandreckoner.evals import Question, Score, score
from sandreckoner.evals.tasks.question import Kind

ASKED = Problem("?")


def right(found: str | None, gold: str | None, kind: Kind, options: tuple[str, ...] = ()) -> bool | None:
    return score(Answer(found), Question("q", Problem("?", options=options), gold, kind)).right


@pytest.mark.parametrize(
    ("found", "gold", "kind", "status"),
    [
        ("$1,234.00", "1234", "numeric", True),
        ("1234.0005", "1234", "numeric", True),  # PAL's rule: less than 0.001 apart
        ("1234.01", "1234", "numeric", False),
        ("60%", "0.6", "numeric", True),
        ("-5", "5", "numeric", False),
        (None, "5", "numeric", False),
        ("5", None, "numeric", None),
        ("January 5, 2021", "01/05/2021", "date", True),
        ("01/06/2021", "01/05/2021", "date", False),
        ("  The  Moon ", "the moon", "exact", True),
        ("moon", "the moon", "exact", False),
        ("[1, 2]", "(1, 2)", "list", True),
        ("2, 1", "[1, 2]", "list", False),
        ("\\frac{1}{2}", "0.5", "mathematical", True),
        ("12.5", "12.5 million", "scaled", True),
        ("12,500,000", "12.5 million", "scaled", True),
        ("12.46", "12.5 million", "scaled", True),  # the gold answer is rounded to one digit
        ("12.6", "12.5 million", "scaled", False),
        ("0.125", "12.5 percent", "scaled", True),
        ("125", "12.5 percent", "scaled", False),
        ("(10 - 4) * (5 - 1)", "1 4 5 10", "game24", True),
        ("(10 - 4) * (5 - 1) = 24", "1 4 5 10", "game24", True),
        ("10 * 4 - 5 - 11", "1 4 5 10", "game24", False),
        ("24", "1 4 5 10", "game24", False),
        ("__import__('os')", "1 4 5 10", "game24", False),
        ("9**9**9**9", "1 4 5 10", "game24", False),
    ],
)
def test_a_kind_of_answer_is_compared_its_own_way(
    found: str | None, gold: str | None, kind: Kind, status: bool | None
) -> None:
    assert right(found, gold, kind) is status


@pytest.mark.parametrize(("found", "status"), [("B", True), ("(B)", True), ("21", True), ("20", False)])
def test_a_choice_may_be_its_letter_or_its_content(found: str, status: bool) -> None:
    assert right(found, "(B)", "choice", ("20", "21", "22")) is status


def test_the_strict_and_the_flexible_reading_stand_beside_the_figure() -> None:
    reply = "She has 3 and 4. The answer is 7. That is more than 5 by 2"
    answer = Answer("7", winner=Candidate("7", reasoning=reply))
    assert score(answer, Question("q", ASKED, "7")) == Score(right=True, strict=True, flexible=False)


def test_of_a_program_both_readings_are_its_result() -> None:
    answer = Answer("7.0", winner=Candidate("7.0", program="7.0"))
    assert score(answer, Question("q", ASKED, "7")) == Score(right=True, strict=False, flexible=False)


def test_your_own_scorer_is_a_function_of_the_answer_and_the_question() -> None:
    def starts_alike(found: str, question: Question) -> bool | None:
        return None if question.gold == "?" else found[0] == (question.gold or "")[0]

    assert score(Answer("abc"), Question("q", ASKED, "axx"), starts_alike).right is True
    assert score(Answer("abc"), Question("q", ASKED, "?"), starts_alike).right is None


@pytest.mark.parametrize(
    ("found", "gold", "kind", "status"),
    [
        ("0.0004", "0", "numeric", False),
        ("0", "0.0004", "numeric", False),
        ("0.0005", "0.0004", "numeric", False),
        ("123456.8", "123456.789", "numeric", True),
        ("98765.4", "98765.432", "numeric", True),
        ("1234567", "1234568", "numeric", False),
        ("0.333", "1/3", "numeric", True),
        ("0.34", "1/3", "numeric", False),
        ("a loss of $7", "-7", "numeric", True),
        ("a 7% loss", "-7%", "numeric", True),
        ("a 7% loss", "7%", "numeric", False),
        ("7 cm", "7 m", "numeric", False),
        ("18", "0 thousand", "scaled", False),
        ("700000", "1 million", "scaled", False),
        ("0.7", "1 million", "scaled", False),
        ("960000", "1 million", "scaled", True),
        ("12,483,321", "12.48 million", "scaled", True),
        ("12,493,321", "12.48 million", "scaled", False),
        ("4.6", "5 percent", "scaled", True),
        ("4.4", "5 percent", "scaled", False),
    ],
)
def test_tolerances(found: str, gold: str, kind: Kind, status: bool) -> None:
    assert right(found, gold, kind) is status


def test_a_programs_pair_is_a_point_and_an_interval_in_prose_is_none() -> None:
    question = Question("q", Problem("Where?"), "(2, 3)", "mathematical")
    program = Candidate("[2, 3]", program="answer = (2, 3)")
    assert score(Answer("[2, 3]", winner=program), question).right is True
    assert score(Answer("[2, 3]", winner=Candidate("[2, 3]")), question).right is False


def test_long_answers_in_words_and_lists_are_read_whole() -> None:
    gold = "apple because cherry since though which"
    question = Question("q", Problem("Sort these words."), gold, "exact")
    reply = f"They are sorted. The answer is {gold}."
    assert score(Answer("apple", winner=Candidate("apple", reply)), question).right is True
    numbers = ", ".join(map(str, range(2_000)))
    question = Question("q", Problem("Count."), f"[{numbers}]", "list")
    assert score(Answer(f"[{numbers}]"), question).right is True
    assert score(Answer(f"[{numbers[:-1]}8]"), question).right is False
