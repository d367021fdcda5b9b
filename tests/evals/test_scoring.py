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
