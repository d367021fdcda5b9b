"""Where a reply ends, and which of its programs counts."""

from __future__ import annotations

import pytest

from sandreckoner.chains import chain
from sandreckoner.core.answer import Answer
from sandreckoner.core.message import Completion
from sandreckoner.reading.programs import read_program
from sandreckoner.testing import ScriptedModel


def answered(reply: str | Completion) -> Answer:
    with chain("pal", model=ScriptedModel([reply, "I cannot."])) as reckon:
        return reckon.invoke("How many are there?")


def fenced(*blocks: str) -> str:
    return "\nThen:\n".join(f"```python\n{block}\n```" for block in blocks)


LAST = [
    ("blank line with spaces", fenced("answer = 3", "a = 3\n    \nanswer = a * 4")),
    ("blank line with a tab", fenced("answer = 3", "a = 3\n\t\nanswer = a * 4")),
    ("indented as a whole", fenced("answer = 3", "    a = 3\n    answer = a * 4")),
    ("leading zeros", fenced("answer = 3", "a = 03\nanswer = a * 4")),
    ("typographic signs", fenced("answer = 3", "a = 16 − 4\nanswer = a")),
    ("not closed", fenced("answer = 3") + "\nNo:\n```python\nanswer = 12"),
    ("a prompt", fenced("answer = 3", ">>> a = 3\n>>> answer = a * 4")),
    ("a lost margin", fenced("def solution():\n    return 3", "def solution():\na = 3\nreturn a * 4")),
    ("defined, then called", fenced("def solution():\n    return 12", "print(solution())")),
    ("defined, then called twice", fenced("def f(x):\n    return x * 4", "y = f(3)", "print(y)")),
    ("called, then defined", fenced("print(solution())", "def solution():\n    return 12")),
    ("everything imported", fenced("answer = 3", "from math import *\nanswer = int(sqrt(144))")),
    ("imported before", fenced("import math", "answer = int(math.sqrt(144))")),
    ("imported before with a star", fenced("from math import *", "answer = int(sqrt(144))")),
    ("a fragment in passing", fenced("def solution():\n    a = 3\n    return a * 4", "return a")),
]


@pytest.mark.parametrize("reply", [reply for _, reply in LAST], ids=[name for name, _ in LAST])
def test_the_last_block_that_binds_the_answer_counts(reply: str) -> None:
    assert answered(reply).text == "12"


def test_a_blank_line_with_spaces_is_no_repair() -> None:
    program = read_program("```python\na = 3\n    \nanswer = a * 4\n```")
    assert program is not None and program.repairs == ()


ON = [
    ("unfenced", "answer = 12\n\nQ: Tom has 5 eggs. How many?\n\na = 5\nb = 2\nanswer = a"),
    ("in one fence", "```python\nanswer = 12\n\nQuestion: Tom has 5 eggs.\nanswer = 5\n```"),
    ("fenced", "```python\nanswer = 12\n```\n\nQuestion: Tom has 5 eggs.\n```python\nanswer = 5\n```"),
    ("numbered", "```python\nanswer = 12\n```\n\nQuestion 2: Tom has 5.\n```python\nanswer = 5\n```"),
    ("bold", "```python\nanswer = 12\n```\n\n**Question:** Tom has 5.\n```python\nanswer = 5\n```"),
    ("a heading", "```python\nanswer = 12\n```\n\n### Problem 2: Tom has 5.\n```python\nanswer = 5\n```"),
    ("in a comment", "answer = 12\n\n# Question: Tom has 5 eggs. How many?\na = 5\nanswer = a"),
    ("a turn", "```python\nanswer = 12\n```\nHuman: Tom has 5 eggs.\n\n```python\nanswer = 5\n```"),
    ("a function", "def solution():\n    return 12\n\n\nQ: Tom has 5.\n\ndef solution():\n    return 5 * 1"),
    ("a stop tag", "answer = 12</s>\nanswer = 5"),
    ("an instruction", "answer = 12\n[INST] Tom has 5 eggs. [/INST]\nanswer = 5"),
    (
        "without a mark",
        "```py\nanswer = 12\n```\n\nTom has 5 eggs and eats 2. How many are left?\n```py\nanswer = 3\n```",
    ),
    (
        "unfenced without a mark",
        "answer = 12\n\nTom has 5 eggs and eats 2. How many are left?\n\na = 5\nb = 2\nanswer = a - b",
    ),
]  # fmt: skip


@pytest.mark.parametrize("reply", [reply for _, reply in ON], ids=[name for name, _ in ON])
def test_an_invented_next_question_is_not_answered(reply: str) -> None:
    assert answered(reply).text == "12"


@pytest.mark.parametrize(
    "reply",
    [
        "```python\n# Question: how many?\nanswer = 12\n```",
        "Question: how many are 3 times 4?\n```python\nanswer = 12\n```",
        "```python\na = 3\n# Problem: a is one row only\nanswer = a * 4\n```",
        '```python\ndef solution():\n    """\n    Question: how many?\n    """\n    return 12\n```',
        "```python\nfirst = 3\n```\n\nHow many in four rows?\n\n```python\nanswer = first * 4\n```",
    ],
)
def test_the_question_itself_ends_nothing(reply: str) -> None:
    assert answered(reply).text == "12"


@pytest.mark.parametrize(
    "reply",
    [
        'stop = "</s>"\nanswer = 12',
        "stop = '[/INST]'\nanswer = 12",
        "# up to <|end|> and no further\nanswer = 12",
        "a = 3  # the mark </s>\nanswer = a * 4",
        'text = """\n<|im_end|>\n"""\nanswer = 12',
        "```python\nmarks = ['</s>', '<|end|>', \"[INST]\"]\nanswer = 4 * len(marks)\n```",
        "```python\nprint('ends in </s>')\nprint(12)\n```",
        "def solution():\n    '''Reads </s> too.'''\n    return 12",
        "```python\ntext = f'<|user|> {3}'\nanswer = 12\n```</s>",
        "answer = 12  # it's the last </s>",
    ],
)
def test_stop_marks_in_strings_and_comments_are_text(reply: str) -> None:
    assert answered(reply).text == "12"


@pytest.mark.parametrize(
    "reply", ["answer = 12</s>", "It's\nanswer = 12\n</s> It's", "</s>answer = 12<|end|>x"]
)
def test_other_stop_marks_end_the_reply(reply: str) -> None:
    assert answered(reply).text == "12"


@pytest.mark.parametrize(
    "text",
    [
        "```python\nanswer = 5\nanswer = answer",
        "answer = 5\nanswer = answer",
        "```python\nanswer = 5\nfor i in range(3):\n    answer",
        "answer = 5\n",
        "```python\ndef solution():\n    return 5\n",
        "```python\nanswer = 5\n```\nNo:\n```python\nanswer = 12",
        "```python\nanswer = 5\nanswer = answer * (",
        "```python\nresult = 5\nprint(result)\nresult = 2 * (",
        '{"name": "python", "arguments": {"code": "answer = 5\\nanswer',
        "print(5)",
    ],
)
def test_a_program_that_the_limit_of_length_cut_has_no_answer(text: str) -> None:
    answer = answered(Completion(text, finish="length"))
    assert answer.text is None
    assert answer.usage.calls == 2  # it was sent back


def test_a_block_that_is_closed_before_the_limit_counts() -> None:
    reply = Completion("```python\nanswer = 12\n```\nThis is because the", finish="length")
    assert answered(reply).text == "12"


@pytest.mark.parametrize(
    "reply",
    [
        "```python\nanswer = 5\nanswer = answer * (\n```",
        "answer = 5\nanswer += 7 apples",
        "```python\nanswer = 5\nprint(answer *)\n```",
        "```python\na = 5\nprint(a)\na = a * 2 apples\nprint(a)\n```",
        "def solution():\n    a = 5\n    return a\n\nanswer = solution() + 7 apples",
        "```python\nanswer = 5\ntotal = answer * 2 +\n```",
        "```python\nans = 5\nans = 7 7\n```",
        "```python\nanswer = 5\nfinal_answer = 7 -> 12\n```",
        "```python\nanswer = [5]\nanswer[0] = 12 eggs\n```",
        "```python\nanswer = 5\nanswer -= 3 eggs\n```\nSo it is 2.",
    ],
)
def test_a_lost_tail_that_uses_the_answer_is_a_failed_program(reply: str) -> None:
    answer = answered(reply)
    assert answer.text is None
    assert "its answer depends on it" in answer.candidates[0].error or answer.usage.calls == 2


@pytest.mark.parametrize(
    "reply",
    [
        "answer = 12\n\nSo the answer is 12.",
        "answer = 12\nThe answer = 12 eggs.",
        "```python\nanswer = 12\n\ndef test(\n```",
        "```python\nprint(12)\nThis prints 12.\n```",
    ],
)
def test_a_lost_tail_of_prose_is_none(reply: str) -> None:
    assert answered(reply).text == "12"
