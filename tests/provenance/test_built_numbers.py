"""A number that a program puts together from text needs a source as a whole."""

from __future__ import annotations

import pytest

from sandreckoner.chains import chain
from sandreckoner.provenance.string_numbers import builds_numbers
from sandreckoner.reading.syntax import parse
from sandreckoner.testing import ScriptedModel

# Each piece of 45.2 stands in the question; 45.2 does not.
QUESTION = "There are 45 shops and 2 depots, 4 vans, 5 cars, 52 clerks, 53 drivers, 46 guards. What margin?"
BUILT = [
    'answer = "forty-five point two"',
    'a = "45"; b = ".2"; answer = float(a + b)',
    'a = "45"\na += ".2"\nanswer = float(a)',
    'answer = float(".".join(["4" + "5", str(2)]))',
    'parts = [4, 5]\nanswer = int("".join(map(str, parts))) + 2 / 5',
    'answer = f"{45}.{2}%"',
    'answer = "%d.%d" % (45, 2)',
    'answer = "{}.{}".format(45, 2)',
    'answer = bytes([52, 53, 46]).decode()[:2] + ".2"',
    "answer = chr(52) + chr(53) + chr(46) + chr(50)",
    's = "x45 2y"\nanswer = s[1:3] + "." + s[4]',
    'd = {"a": "45", "b": ".2"}\nanswer = float(d["a"] + d["b"])',
    'def glue(a, b):\n    return a + b\nanswer = glue("45", ".2")',
    'class A:\n    v = "45"\n    w = ".2"\nanswer = A.v + A.w',
    'print("45", "2", sep=".")',
    'print("45", end=".")\nprint("2")',
    'import re\nanswer = re.sub(" ", ".2", "45 ")',
    'answer = "4" * 2 + ".5"',
    "from decimal import Decimal\nanswer = Decimal((0, (4, 5, 2), -1))",
    'answer = "452".strip("2") + ".2"',
]


@pytest.mark.parametrize("program", BUILT)
def test_a_number_built_from_sourced_pieces_is_refused(program: str) -> None:
    replies = [f"```python\n{program}\n```"] * 2
    with chain("sourced(pal)", model=ScriptedModel(replies)) as reckon:
        found = reckon.invoke(QUESTION)
    assert found.status in ("refused", "no answer"), found


@pytest.mark.parametrize(
    "program",
    [
        'answer = f"{45 / 5:.1f} million"',
        'answer = "$" + str(45 - 2)',
        'print("Margin:", round(45 / 52 * 100, 1), "%")',
        'answer = "{:,.2f} %".format(45 / 52)',
        'answer = "%.1f%%" % (45 / 52)',
        'x = "5,310"\nanswer = int(x.replace(",", "")) - 45',
        'answer = ", ".join(str(n) for n in (4, 5))',
        'from sympy import Symbol\nx_1, x_2 = Symbol("x_1"), Symbol("x_2")\nanswer = x_1 + x_2',
        'rows = "shop,45\\ndepots,2"\nd = dict(r.split(",") for r in rows.split("\\n"))\nanswer = d["shop"]',
        'import datetime\nprint(datetime.date(2021, 5, 4).strftime("%m/%d/%Y"))',
        "def total(a, b):\n    return a + b\nanswer = total(4, 5)",
    ],
)
def test_text_beside_a_number_builds_none(program: str) -> None:
    assert not builds_numbers(parse(program))
