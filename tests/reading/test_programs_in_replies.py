"""Programs as models write them: each shape found in real replies, and hostile text that must not hurt."""

from __future__ import annotations

import ast
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.reading.programs import read_program
from sandreckoner.reading.syntax import with_answer

REPLIES = {
    record["name"]: record["text"]
    for record in map(json.loads, Path(__file__).with_name("replies.jsonl").read_text().splitlines())
}
SOLUTION = "def solution():\n    a = 3\n    b = 4\n    return a * b"
CUT = "unparsable lines at the end left out"


@pytest.mark.parametrize(
    ("reply", "code", "repairs"),
    [
        (f"Sure!\n```python\n{SOLUTION}\n```\nThe answer is 12.", SOLUTION, ()),
        (f"```python\n{SOLUTION}", SOLUTION, ("closing fence added",)),
        (f"```\n{SOLUTION}\n<|im_end|>\n<|im_start|>user\nNext?", SOLUTION, ("closing fence added",)),
        (f"[PYTHON]\n{SOLUTION}\n[/PYTHON]", SOLUTION, ()),
        (f"<|im_start|>assistant\n{SOLUTION}</s>", SOLUTION, ()),
        (
            "1. So:\n   ```python\n   x = 5\n   print(x)\n   ```",
            "x = 5\nprint(x)",
            ("indentation of the whole taken off",),
        ),
        ("```python x = 5\nprint(x)```", "x = 5\nprint(x)", ()),
        (
            "    a = 3\n    b = 4\n    return a * b",
            SOLUTION,
            ("indentation of the whole taken off", "header `def solution():` added"),
        ),
        (
            "a = 3\n    b = 4\n    return a * b",
            SOLUTION,
            ("indentation of the first line restored", "header `def solution():` added"),
        ),
        (
            "def solution():\n    a = 3\n    b = 4\nreturn a * b",
            SOLUTION,
            ("return moved into the function before it",),
        ),
        ("def solution():\na = 3\nb = 4\nreturn a * b", SOLUTION, ("body of a function indented",)),
        (
            "def solution():\n    a = 3\n     b = 4\n    return a * b",
            SOLUTION,
            ("indentation of a stray line restored",),
        ),
        (f"{SOLUTION}\n\ndef test(", f"{SOLUTION}\n", (CUT,)),
        (">>> a = 3\n>>> a * 2\n6\n", "a = 3\na * 2", ("prompts of an interactive session taken off",)),
        (
            "import datetime\nd = datetime.date(2021, 05, 01)",
            "import datetime\nd = datetime.date(2021, 5, 1)",
            ("leading zeros of numbers taken off",),
        ),
        ("a = 5 − 3\nprint(“x”, a)", 'a = 5 - 3\nprint("x", a)', ("typographic signs replaced",)),
        (
            "```\nlong-lived_assets_2019=9\nlived_assets = 4\nx=long-lived_assets_2019 / 2-lived_assets\n```",
            "long_lived_assets_2019=9\nlived_assets = 4\nx=long_lived_assets_2019 / 2-lived_assets",
            ("hyphens in names made underscores",),
        ),
        ("answer = 5\n#", "answer = 5\n#", ()),
    ],
)
def test_shapes(reply: str, code: str, repairs: tuple[str, ...]) -> None:
    program = read_program(reply)
    assert program is not None
    assert (program.code.strip("\n"), program.repairs) == (code.strip("\n"), repairs)


def test_prose_around_an_unfenced_program_is_left_out() -> None:
    program = read_program("Let us compute.\n\ntotal = 5 * 3\nanswer = total - 1\n\nSo it is 14.")
    assert program is not None
    assert program.code.strip() == "total = 5 * 3\nanswer = total - 1"
    assert program.repairs == ("prose before the program left out", CUT)


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        (["def f(x):\n    return x * 2", "print(f(21))"], "def f(x):\n    return x * 2\nprint(f(21))"),
        (["def solution():\n    return 1", "def solution():\n    return 2"], "def solution():\n    return 2"),
        ([SOLUTION, "b = a * 2", "return b"], SOLUTION),
        ([SOLUTION, "42"], SOLUTION),
        (["x = 5", "y = 7", "print(x)"], "x = 5\nprint(x)"),
        (["print(5)", "def other(n):\n    return n"], "print(5)"),
    ],
)
def test_which_of_several_blocks(blocks: list[str], code: str) -> None:
    reply = "\nThen:\n".join(f"```python\n{block}\n```" for block in blocks)
    program = read_program(reply)
    assert program is not None
    assert program.code == code


def test_blocks_that_are_not_python_are_left_out() -> None:
    program = read_program("```bash\npip install x\n```\n```python\nprint(1)\n```\n```output\n1\n```")
    assert program is not None
    assert program.code.strip() == "print(1)"


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "#",
        "Yes",
        "18",
        "The answer is 18.",
        "Note: this",
        "So 16 - 3 - 4 = 9 eggs.",
        "a = 1\x00",
        "答案是十八。",
    ],
)
def test_no_program(reply: str) -> None:
    assert read_program(reply) is None


@pytest.mark.parametrize(
    "reply",
    [
        "answer = " + "(" * 5_000 + ")" * 5_000,
        "answer = " + "+".join(["1"] * 50_000),
        "x = " + "9" * 100_000,
        "a = 1\n" * 100_000,
        "```" * 50_000,
        "x = (\n" * 20_000,
        "if x:\n" * 20_000,
        "\ud800 = 1",
    ],
    ids=["nested", "chained", "digits", "long", "fences", "open", "headers", "surrogate"],
)
def test_hostile_text_neither_raises_nor_hangs(reply: str) -> None:
    program = read_program(reply)
    assert program is None or ast.parse(program.code)


@given(st.text(alphabet="ab =1(\n:`\t#>.\"'ret defx", max_size=80))
def test_whatever_is_read_parses_and_reads_the_same_again(reply: str) -> None:
    program = read_program(reply)
    if program is not None:
        ast.parse(program.code)
        again = read_program(f"```python\n{program.code}\n```") if "`" not in program.code else program
        assert again is not None


@pytest.mark.parametrize(
    ("name", "appended"),
    [
        ("gsm8k-101-solution", "solution()"),
        ("gsm8k-102-program", ""),
        ("gsm8k-109-solution", ""),
        ("gsm8k-111-solution", "calculate_water_taken()"),
    ],
)
def test_real_replies_with_a_program(name: str, appended: str) -> None:
    program = read_program(REPLIES[name])
    assert program is not None
    assert with_answer(program.code).removeprefix(program.code.rstrip()).strip() == appended


@pytest.mark.parametrize("name", ["gsm8k-100-program", "gsm8k-104-solution", "gsm8k-118-solution"])
def test_real_replies_without_one(name: str) -> None:
    assert read_program(REPLIES[name]) is None


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "unread"),
    [
        ("pot_gsm8k_greedy_codex", 0),
        ("pot_svamp_greedy_codex", 0),
        ("fcot_GSM8K_noNL_code002", 0),
        ("fcot_date_NLSL_code002", 0),
    ],
)
def test_recorded_programs_come_through_unchanged(data: Path, name: str, unread: int) -> None:
    lost = 0
    with gzip.open(data / "recorded" / f"{name}.jsonl.gz", "rt") as lines:
        for sample in (sample for line in lines for sample in json.loads(line)["samples"]):
            program = read_program(sample)
            lost += program is None
            try:
                ast.parse(sample)
            except SyntaxError:
                continue
            assert program is not None and program.code.strip() == sample.strip() and not program.repairs
    assert lost == unread
