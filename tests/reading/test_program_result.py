"""How a program gives its answer, and what is read from its execution."""

from __future__ import annotations

import pytest

from sandreckoner.core.execution import JSON, Execution, ProgramError
from sandreckoner.reading.programs import read_result, value_text
from sandreckoner.reading.syntax import with_answer, with_last_value


@pytest.mark.parametrize(
    ("code", "appended"),
    [
        ("def solution():\n    return 1", "solution()"),
        ("def solution():\n    return 1\nprint(solution())", "solution()"),
        ("def solution():\n    return 1\nanswer = solution() * 2", "answer"),
        ("def solution(n):\n    return n\nprint(solution(3))", ""),
        ("ans = 3", "ans"),
        ("answer = 3\nprint('It is', answer)", "answer"),
        ("x = 3\nx * 2", ""),
        ("x = 3\nprint(x)", ""),
        ("result = [3]\nprint(result[0])", ""),
        ("result = 3", "result"),
        ("def main():\n    return 3", "main()"),
        ("def helper(x):\n    return x", ""),
        ("if True:\n    answer = 3", "answer"),
        ("def f():\n    answer = 3\n    return answer", "f()"),
    ],
)
def test_the_line_appended(code: str, appended: str) -> None:
    assert with_answer(code).removeprefix(code).strip() == appended


def test_a_comment_at_the_end_does_not_swallow_the_answer() -> None:
    assert with_answer("answer = 3\n# done") == "answer = 3\n# done\nanswer\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (18.0, "18"),
        (0.1 + 0.2, "0.3"),
        (-3, "-3"),
        (1e20, "1e+20"),
        (True, "True"),
        ("  May 1 ", "May 1"),
        ([3.0], "3"),
        ([1, 2.5], "[1, 2.5]"),
        ({"x": 3}, "3"),
        ({"a": 1, "b": 2}, "{a: 1, b: 2}"),
        ({"type": "Fraction", "text": "1/3", "number": 1 / 3}, "0.333333333333333"),
        ({"type": "date", "text": "2021-05-01"}, "2021-05-01"),
        (float("nan"), None),
        (float("inf"), None),
        ([], None),
        ("", None),
    ],
)
def test_values(value: JSON, text: str | None) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("stdout", "answer"),
    [
        ("1\n2\n\n", "2"),
        ("05/01/2021\n", "05/01/2021"),
        ("Total for 5 bagels: $15.00\n", "$15.00"),
        ("Result = -7", "-7"),
        ("{'x': 3}", "{'x': 3}"),
        ("2 people share 8; each one is 4", "4"),
        ("no number here", "no number here"),
        ("\n", None),
    ],
)
def test_the_last_printed_line(stdout: str, answer: str | None) -> None:
    assert read_result(Execution("ok", stdout=stdout)) == answer


def test_a_value_goes_before_what_was_printed() -> None:
    assert read_result(Execution("ok", value=3, stdout="4")) == "3"


def test_a_program_that_failed_has_no_answer() -> None:
    assert read_result(Execution("error", stdout="3", error=ProgramError("NameError", "x"))) is None


def test_an_integer_too_long_to_write_is_no_answer() -> None:
    assert value_text(10**5000) is None


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("total = 3 * 14", "total = 3 * 14\ntotal"),
        ("a = 1\nb = a + 1\n", "a = 1\nb = a + 1\nb"),
        ("a, b = 1, 2", "a, b = 1, 2"),
        ("a = b = 1", "a = b = 1"),
        ("x.y = 1", "x.y = 1"),
        ("total = 3\nprint(total)", "total = 3\nprint(total)"),
        ("def f():\n    return 1", "def f():\n    return 1"),
        ("", ""),
        ("3 thousand", "3 thousand"),
    ],
)
def test_the_value_of_a_last_assignment_is_shown(code: str, shown: str) -> None:
    assert with_last_value(code) == shown
