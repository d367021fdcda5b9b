"""Code blocks as CommonMark has them, and as models break them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.chains import chain
from sandreckoner.reading.fences import find_blocks
from sandreckoner.reading.programs import read_program
from sandreckoner.testing import ScriptedModel

BODY = "    a = 3\n    b = 4\n    return a * b"

WHOLE = [
    ("a closing fence alone", "a = 3\nanswer = a * 4\n```\nThe answer is 12."),
    ("and a second block", "a = 3\nanswer = a * 4\n```\nOutput:\n```\n12\n```"),
    ("a body and its fence", f"{BODY}\n```\nThe answer is 12."),
    ("a body and a call", f"{BODY}\n\nprint(solution())\n```"),
    ("a body and a call of another name", f"{BODY}\nprint(eggs_left())"),
    ("a body without its first margin", "a = 3\n    b = 4\n    return a * b\n\nprint(solution())"),
    ("a body with an inner block", "    t = 0\n    for i in 3, 9:\n        t += i\n    return t\nsolution()"),
    ("a body, then prose", f"{BODY}\n\nSo there are twelve of them."),
    ("backticks in a string", '```python\nmark = "```"\nanswer = 3 * 4\n```\nDone.'),
    ("backticks in an unfenced string", 'mark = "```"\nanswer = 3 * 4\nprint(answer)'),
    ("backticks in a docstring", '```python\ndef f():\n    """\n```\nx\n```\n    """\n    return 12\n```'),
    ("backticks in a comment", "```python\n# between ``` marks\nanswer = 12\n```"),
    ("a longer fence", "````python\nanswer = 12\n````"),
    ("a longer fence around a shorter", '````python\ntext = """\n```\n"""\nanswer = 12\n````'),
    ("longer than it closes", "````python\nanswer = 12\n```\nThat is all."),
    ("a longer closing fence", "```python\nanswer = 12\n`````\nThat is all."),
    ("tildes", "~~~python\nanswer = 12\n~~~"),
    ("tildes around backticks", '~~~\ntext = """\n```\n"""\nanswer = 12\n~~~'),
    ("quoted", "> Here:\n> ```python\n> a = 3\n> answer = a * 4\n> ```\n> So 12."),
    ("quoted, tight", ">```python\n>answer = 12\n>```"),
    ("quoted twice", "> > ```python\n> > answer = 12\n> > ```"),
    ("quoted, not closed", "> ```python\n> answer = 12\n\nThat is all."),
    ("in a list", "1. So:\n\n   ```python\n   a = 3\n   answer = a * 4\n   ```\n2. Done."),
    ("behind a bullet", "- ```python\n  answer = 12\n  ```"),
    ("braces", "```{python}\nanswer = 12\n```"),
    ("braces and options", "```{python echo=True, eval=TRUE}\nanswer = 12\n```"),
    ("a class", "```{.python .numberLines}\nanswer = 12\n```"),
    ("attributes", "```python {linenos=true}\nanswer = 12\n```"),
    ("a file name", "```python:solution.py\nanswer = 12\n```"),
    ("a word behind the label", "```python linenos\nanswer = 12\n```"),
    ("a version", "```python3.11\nanswer = 12\n```"),
    ("capitals", "```Python\nanswer = 12\n```"),
    ("behind prose", "Here is the code: ```python\nanswer = 12\n```"),
    ("code behind the label", "```python answer = 12\n```"),
    ("closed behind code", "```python\nanswer = 12```"),
    ("prose behind the closing fence", "```python\nanswer = 12\n``` The answer is 12."),
    ("an output with a label", "```python\nprint(12)\n```\n```output\n12\n```\nSo 12."),
    ("tags", "[PYTHON]\nmark = '```'\nanswer = 12\n[/PYTHON]"),
    ("a python tag", "<|python_tag|>answer = 12\nprint(answer)<|eom_id|>"),
    ("a tool call", '{"name": "python", "arguments": {"code": "a = 3\\nanswer = a * 4"}}'),
    ("a tool call in tags", '<tool_call>\n{"name": "run", "args": {"code": "answer = 12"}}\n</tool_call>'),
    ("a tool call in a fence", '```json\n{"tool": "python", "parameters": {"code": "answer = 12"}}\n```'),
    ("arguments as text", '{"name": "python", "arguments": "{\\"code\\": \\"answer = 12\\"}"}'),
    ("an action", 'Action: {"action": "python", "action_input": "answer = 12"}'),
    ("a function", '{"function": {"name": "python", "arguments": {"program": "answer = 12"}}}'),
    ("a list of calls", '[{"name": "python", "arguments": {"code": "answer = 12"}}]'),
]  # fmt: skip


@pytest.mark.parametrize("reply", [reply for _, reply in WHOLE], ids=[name for name, _ in WHOLE])
def test_the_program_is_found_and_gives_its_answer(reply: str) -> None:
    with chain("pal", model=ScriptedModel([reply] * 2)) as reckon:
        answer = reckon.invoke("How many are there?")
    assert answer.text == "12", (answer, read_program(reply))
    assert len(answer.candidates) == 1 and answer.usage.calls == 1


@pytest.mark.parametrize(
    ("reply", "blocks"),
    [
        ("```\na\n```\nb\n```\nc\n```", ["a", "c"]),
        ("```\na\n~~~\nb\n```", ["a\n~~~\nb"]),
        ("````\n```\na\n```\n````", ["```\na\n```"]),
        ("```python\na = 1\n```python\nb = 2\n```", ["a = 1", "b = 2"]),
        ("so ```x = 3``` it is", ["x = 3"]),
        ("```", []),
        ("a ` b `` c", []),
    ],
)
def test_blocks(reply: str, blocks: list[str]) -> None:
    assert [block.code.strip("\n") for block in find_blocks(reply)] == blocks


@given(st.text(alphabet="`~> \n#\"'apython={}", max_size=60))
def test_any_text_has_blocks_that_stand_in_it(reply: str) -> None:
    for block in find_blocks(reply):
        assert block.code.strip() and (">" in reply or block.code in reply)


@pytest.mark.parametrize(
    "reply",
    [
        "<think>```python\nanswer = 9\n```</think>```python\nanswer = 12\n```",
        "```python\nanswer = 12\n```\n---\n**Next question:** How many cats?\n```python\nanswer = 6\n```",
        "```python\nanswer = 12\n```\n\n## Exercise 2\nA box weighs 3 kg.\n```python\nanswer = 6\n```",
        "In [1]: x = 6\nIn [2]: x * 2\nOut[2]: 12",
        "```python\n# Compute\n  total = 12\n  answer = total\n```",
        "```python\n\tx = 6\n        y = 2\n\tanswer = x*y\n```",
        "The code:\n\n    x = 6\n    answer = x + 6\n\nend.",
    ],
)
def test_thoughts_next_questions_prompts_and_indented_code(reply: str) -> None:
    with chain("pal", model=ScriptedModel([reply] * 2)) as reckon:
        assert reckon.invoke("How many eggs are there?").text == "12"


@pytest.mark.parametrize("printed", ["None", "nan", "inf", "N/A"])
def test_a_program_that_prints_nothing_of_worth_has_no_answer(printed: str) -> None:
    reply = f"```python\nprint('{printed}')\n```"
    with chain("pal", model=ScriptedModel([reply] * 2)) as reckon:
        assert reckon.invoke("How many eggs are there?").status == "no answer"
