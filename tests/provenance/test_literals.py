"""Which numbers of a program reach its answer."""

from __future__ import annotations

import gzip
import json
from fractions import Fraction
from pathlib import Path

import pytest

from sandreckoner.provenance.literals import reaching


@pytest.mark.parametrize(
    ("code", "reach"),
    [
        ("x = 5\nx = 7\nx", "7"),
        ("a = 1\nb = 2\nb", "2"),
        ("a, b = 1, 2\na", "1"),
        ("a, b = 1, 2\na, b = b, a\na", "2"),
        ("t = 0\nfor i in range(1, 4):\n    t += i * 2\nu = 99\nt", "0 1 4 2"),
        ("l = []\nl.append(5)\nm = []\nm.append(6)\nsum(l)", "5"),
        ("d = {'x': 3}\nd['z'] = 5\ne = {'q': 6}\nd['x']", "3 5"),
        ("a = 3\nif a > 2:\n    b = 10\nelse:\n    b = 20\nc = 5\nb", "3 2 10 20"),
        ("a = 3\nif a > 2:\n    c = 10\nb = 4\nb", "4"),
        ("n = 10\nwhile n > 3:\n    n -= 2\nk = 5\nn", "10 3 2"),
        ("RATE = 9\ndef f(x):\n    y = 3\n    z = 4\n    return x * RATE + y\nunused = 8\nf(5)", "9 3 5"),
        ("def f(x):\n    return x * RATE\nRATE = 0.05\nf(5)", "0.05 5"),
        ("def f(n):\n    if n < 2:\n        return 1\n    return 7\nf(3)", "2 1 7 3"),
        ("def f(n):\n    return 1 if n < 2 else n * f(n - 1)\nf(5)", "1 2 1 5"),
        ("def s():\n    def h(v):\n        return v * 2\n    a = 3\n    b = 4\n    return h(a)\ns()", "2 3"),
        ("t = 0\ndef add(n):\n    global t\n    t += n\nadd(5)\nt", "0 5"),
        ("class A:\n    k = 3\n    def m(self):\n        return self.k * 2\nA().m()", "3 2"),
        ("a = 1\nb = 2\nprint(a)\nprint(b)", "2"),
        ("def main():\n    a = 41\n    print(a)\nmain()", "41"),
        ("for i in range(3):\n    print(i * 2)", "3 2"),
        ("try:\n    a = 5\nexcept Exception:\n    a = 6\na", "5 6"),
        ("if (n := 10) > 3:\n    pass\nn", "10 3"),
        ("a = 3\nmatch a:\n    case 1:\n        b = 4\n    case _:\n        b = 5\nb", "3 4 5"),
        ("xs = [1, 2]\nsum(x * 2 for x in xs if x > 1)", "1 2 2 1"),
        ("def f(a, rate=0.05):\n    return a * rate\nf(a=10)", "0.05 10"),
        ("x = 5\nf'{x * 2:.2f}'", "5 2"),
        ("from decimal import Decimal\nDecimal('512.3')", "512.3"),
        ("name = 'room 12'\nname", "12"),
        ("True", ""),
        ("a = 3\nb = 4", "3 4"),
    ],
)  # fmt: skip
def test_reach(code: str, reach: str) -> None:
    assert [literal.text for literal in reaching(code).literals] == reach.split()


def test_places_signs_and_exact_values() -> None:
    code = "é = -7.10; y = +1_000\n(é + y) * 1e-3 + 0x10"
    literals = reaching(code).literals
    assert [(literal.text, literal.line, literal.column) for literal in literals] == [
        ("-7.10", 1, 4), ("1_000", 1, 16), ("1e-3", 2, 10), ("0x10", 2, 17),
    ]  # fmt: skip
    assert [literal.value for literal in literals] == [Fraction("-7.1"), 1000, Fraction(1, 1000), 16]


def test_a_date_in_a_string_counts_number_by_number() -> None:
    literals = reaching("d = datetime.strptime('04/30/2021', '%m/%d/%Y')\nd").literals
    assert [(literal.text, literal.column, literal.role) for literal in literals] == [
        ("04", 23, "date"), ("30", 26, "date"), ("2021", 29, "date"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "text", "name", "role"),
    [
        ("net_sales = 512.3\nnet_sales", "512.3", "net_sales", "value"),
        ("a, rate = 1, 0.05\nrate", "0.05", "rate", "value"),
        ("d = {'Net sales': 512.3}\nd", "512.3", "Net sales", "value"),
        ("f(rate=0.05)", "0.05", "rate", "value"),
        ("x / 100", "100", "", "divisor"),
        ("x ** 2", "2", "", "exponent"),
        ("x[3]", "3", "", "index"),
        ("round(x, 2)", "2", "", "digits"),
        ("range(7)", "7", "", "range"),
        ("x % 5", "5", "", "modulus"),
        ("date(2021, 4, 30)", "4", "", "date"),
        ("x > 9", "9", "", "compared"),
    ],
)
def test_names_and_roles(code: str, text: str, name: str, role: str) -> None:
    (literal,) = [literal for literal in reaching(code).literals if literal.text == text]
    assert (literal.name, literal.role) == (name, role)


@pytest.mark.parametrize(
    ("code", "terms"), [("(a + b - c) / 3", 3), ("-(a + b) / 2", 2), ("sum([a, b, c]) / 3", 3), ("a / 3", 1)]
)
def test_the_terms_above_a_divisor(code: str, terms: int) -> None:
    assert reaching(code).literals[-1].terms == terms


def test_what_does_not_parse_is_refused() -> None:
    for code in ("a = ", "x = " + "-" * 500 + "1", "x = '" + "a" * 60_000 + "'"):
        with pytest.raises(SyntaxError):
            reaching(code)


@pytest.mark.data
def test_every_recorded_program_can_be_sliced(data: Path) -> None:
    for line in (data / "programs.jsonl").read_text().splitlines():
        reaching(json.loads(line)["code"])
    with gzip.open(data / "recorded" / "fcot_GSM8K_noNL_code002.jsonl.gz", "rt") as lines:
        for line in lines:
            code = json.loads(line)["samples"][0]
            try:
                compile(code, "program", "exec", flags=0x400)  # ast only
            except SyntaxError:
                continue
            reaching(code + "\nanswer")
