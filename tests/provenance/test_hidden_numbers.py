"""A number cannot hide from its source in a string, a docstring, a code point or an imaginary part."""

from __future__ import annotations

import pytest

from sandreckoner.chains import chain
from sandreckoner.core.answer import Answer
from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import trace_numbers, unsourced
from sandreckoner.reading.normalize import equal
from sandreckoner.testing import ScriptedModel

QUESTION = "By how much did net sales of 512.5 million rise over costs of 498.25 million?"


def answered(program: str, question: str = QUESTION) -> Answer:
    reply = f"```python\n{program}\n```"
    with chain("sourced(pal)", model=ScriptedModel([reply, reply])) as reckon:
        return reckon.invoke(question)


HIDDEN = [
    'answer = "45.2%"',
    'print("The margin rose to 45.2 percent")',
    'answer = float("999.9".replace(",", ""))',
    'answer = f"{512.5 - 498.25:.1f} million, a margin of 45.2 percent"',
    'answer = float("45.2 77.7".split()[0])',
    'answer = sum(map(float, "45.2,77.7".split(",")))',
    'import json\nanswer = json.loads(\'{"margin": 45.2}\')["margin"]',
    'import re\nanswer = float(re.search(r"[0-9.]+", "rose to 45.2 percent")[0])',
    'import re\nanswer = re.sub(r"x", "452", "x")',
    'answer = "{} percent".format("45.2")',
    'answer = "about 45.2 with {} sales".format(512.5)',
    'answer = "%s percent" % "45.2"',
    'answer = "45" + "." + "2"',
    'answer = "".join(["4", "5", ".", "2"])',
    'answer = float("2.54"[::-1])',
    'answer = eval("45.2 * 1")',
    'answer = "[45.2]".strip("[]")',
    'from decimal import Decimal\nanswer = Decimal("45.2")',
    'from fractions import Fraction\nanswer = Fraction("452/10")',
    'answer = int("2d", 16)',
    'answer = int("101101", 2)',
    "answer = (45.2j).imag",
    "answer = abs(45.2j)",
    'answer = ord("-")',
    f'answer = len("{"x" * 45}")',
    'answer = float(b"45.2")',
    'answer = "forty-five percent"',
    'answer = "４５.２"',
    'answer = float("٤٥.٢")',
    'answer = next(iter({"45.2": 0}))',
    'answer = ["45.2"][0]',
    'answer = "a45.2b".strip("ab")',
    'def solution():\n    "45.2"\n    return float(solution.__doc__)\nanswer = solution()',
    "answer = " + " + ".join(["True"] * 45),
    'def f(text="45.2"):\n    return float(text)\nanswer = f()',
    'rows = """\nmargin\t45.2\n"""\nanswer = float(rows.split()[1])',
    'answer = "rose\\nto 45.2"',
    'answer = "512.5 million sales and a margin of 45.2 %"',
    'answer = 512.5 * float("1.377")',
    'answer = "45" if True else "46"',
    'answer = {"margin": "45.2 %"}',
    'answer = str(512.5) + " and 45.2"',
    'answer = int.from_bytes(b"-", "big")',
    'answer = max("45.2", "33.1")',
    'x = "45.2"\ny = x\nanswer = y.strip()',
]


@pytest.mark.parametrize("program", HIDDEN)
def test_an_invented_number_is_refused_wherever_it_stands(program: str) -> None:
    answer = answered(program)
    assert (answer.status, answer.text) == ("refused", None)


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ('x = 512.5 - 498.25\nanswer = f"{x:.1f} million"', "14.2 million"),
        ('x = 512.5 - 498.25\nprint("The rise was {:.2f} million".format(x))', "14.25 million"),
        ('x = 512.5 - 498.25\nanswer = "%.2f million" % x', "14.25 million"),
        ('answer = float("512.5") - float("498.25")', "14.25"),
        ('data = {"sales": 512.5, "costs": 498.25}\nanswer = data["sales"] - data["costs"]', "14.25"),
        ('a, b = map(float, "512.5 498.25".split())\nanswer = a - b', "14.25"),
        ('from decimal import Decimal\nanswer = (Decimal("512.5") / 1).quantize(Decimal("0.01"))', "512.50"),
        ('import re\nanswer = re.findall(r"\\d{3}\\.\\d", "net sales of 512.5")[0]', "512.5"),
        ("answer = format(512.5 - 498.25, '.2f')", "14.25"),
        ('answer = "Yes" if 512.5 > 498.25 else "No"', "Yes"),
        ('name = "Q3"\nvalues = {"Q3": 512.5}\nanswer = values[name]', "512.5"),
        ('answer = "net sales of 512.5 million".count("l")', "3"),
        ('from sympy import symbols, solve\nx1 = symbols("x1")\nanswer = solve(x1 - 512.5, x1)[0]', "512.5"),
    ],
)
def test_what_is_computed_or_stands_there_is_no_alarm(program: str, text: str) -> None:
    answer = answered(program)
    assert answer.status == "answered", answer.reason
    assert answer.text is not None and (text in answer.text or equal(answer.text, text))


def test_a_number_in_a_string_has_its_place_in_the_program_and_in_the_passage() -> None:
    page = "Net margin was 45.2 percent."
    program = 'text = """\nThe margin: 45.2 percent\n"""\nanswer = text'
    (source,) = trace_numbers(program, "?", [Passage(page, "r.md", 1, 0, len(page))])
    assert (source.text, source.line, source.column) == ("45.2 percent", 2, 12)
    assert (source.origin, source.passages[0].start) == ("passage", 15)


def test_all_numbers_of_one_string_are_traced() -> None:
    sources = trace_numbers('answer = f"{512.5} of 45.2 and 77.7"', QUESTION)
    assert sorted(source.text for source in unsourced(sources)) == ["45.2", "77.7"]
    escaped = trace_numbers('answer = "a\\t45.2\\t77.7"', QUESTION)
    assert sorted(source.text for source in unsourced(escaped)) == ["45.2", "77.7"]


def test_the_questions_own_strings_are_no_alarm() -> None:
    assert not trace_numbers('answer = "strawberry".count("r")', "How many r are in strawberry?")
