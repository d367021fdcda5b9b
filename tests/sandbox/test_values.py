"""What comes back: values, errors with their lines, and nothing that could hurt the host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandreckoner.core.errors import UsageError
from sandreckoner.tools.python import Sandbox, Walls
from sandreckoner.tools.python.outcome import read_report

PLAIN = {
    "1 + 1": 2,
    "2 ** 100": 2**100,
    "0.1 + 0.2": 0.1 + 0.2,
    "'é\\n'": "é\n",
    "True": True,
    "None": None,
    "x = 1": None,
    "(1, [2, {'a': 3}])": [1, [2, {"a": 3}]],
    "{1: 2, None: 3}": {"1": 2, "None": 3},
    "print(1)": None,
    "import numpy\nnumpy.float64(2.5)": 2.5,
    "import numpy\nnumpy.int32(7)": 7,
    "import numpy\nnumpy.array([1, 2]).tolist()": [1, 2],
    "import statistics\nstatistics.mean([1, 2, 4])": 7 / 3,
    "f'{3.14159:.2f}'": "3.14",
    "def f(n): return 1 if n < 2 else n * f(n - 1)\nf(20)": 2432902008176640000,
}
TYPED = {
    "from fractions import Fraction\nFraction(1, 3)": ("Fraction", "1/3", 1 / 3),
    "from decimal import Decimal\nDecimal('1.10')": ("Decimal", "1.10", 1.1),
    "from sympy import *\nsqrt(2)": ("Pow", "sqrt(2)", 2**0.5),
    "from sympy import *\nRational(3, 4)": ("Rational", "3/4", 0.75),
    "from sympy import *\nInteger(12)": ("Integer", "12", 12),
    "from sympy import *\nsymbols('x') ** 2": ("Pow", "x**2", None),
    "from sympy import *\nI": ("ImaginaryUnit", "I", None),
    "from sympy import *\noo": ("Infinity", "oo", None),
    "import datetime\ndatetime.date(2024, 2, 29)": ("date", "2024-02-29", None),
    "import datetime\ndatetime.timedelta(days=1)": ("timedelta", "1 day, 0:00:00", None),
    "import numpy\nnumpy.arange(3)": ("ndarray", "[0 1 2]", None),
    "float('nan')": ("float", "nan", None),
    "float('-inf')": ("float", "-inf", None),
    "3 + 4j": ("complex", "(3+4j)", None),
    "{1, 2}": ("set", "{1, 2}", None),
    "b'x'": ("bytes", "b'x'", None),
    "{1: 2, '1': 3}": ("dict", "{1: 2, '1': 3}", None),
    "range(3)": ("range", "range(0, 3)", None),
    "class C:\n    def __repr__(self): return 'a C'\nC()": ("C", "a C", None),
    "class C:\n    def __repr__(self): return 1 / 0\nC()": ("C", "<ZeroDivisionError in repr>", None),
    "class C:\n    def __repr__(self): return 1\nC()": ("C", "<TypeError in repr>", None),
}


@pytest.mark.parametrize("code", PLAIN)
def test_what_json_can_hold_comes_back_as_it_is(sandbox: Sandbox, code: str) -> None:
    execution = sandbox.run(code)
    assert (execution.status, execution.value) == ("ok", PLAIN[code])
    assert type(execution.value) is type(PLAIN[code])


@pytest.mark.parametrize("code", TYPED)
def test_what_json_cannot_hold_comes_back_with_its_type(sandbox: Sandbox, code: str) -> None:
    kind, text, number = TYPED[code]
    value = sandbox.run(code).value
    assert (value["type"], value["text"]) == (kind, text)
    assert value.get("number") == pytest.approx(number) if number is not None else "number" not in value


def test_a_huge_integer_is_a_text(sandbox: Sandbox) -> None:
    value = sandbox.run("10 ** 10_000").value
    assert value["type"] == "int"
    assert value["text"].startswith("0x")


def test_a_value_that_contains_itself_is_a_text(sandbox: Sandbox) -> None:
    assert sandbox.run("x = [1]\nx.append(x)\nx").value == {"type": "list", "text": "[1, [...]]"}


def test_lone_surrogates_do_not_reach_the_host(sandbox: Sandbox) -> None:
    execution = sandbox.run("print('\\ud800')\n['\\udfff']")
    assert execution.stdout == "?\n"
    assert execution.value == ["?"]
    execution.value[0].encode()


def test_an_error_has_its_type_its_message_and_its_line(sandbox: Sandbox) -> None:
    error = sandbox.run("def f(x):\n    return 1 / x\n\nf(0)").error
    assert error is not None
    assert (error.type, error.message, error.line) == ("ZeroDivisionError", "division by zero", 2)
    assert error.traceback == "line 4, in <module>: f(0)\nline 2, in f: return 1 / x"


def test_an_error_inside_a_library_points_to_the_line_that_called_it(sandbox: Sandbox) -> None:
    error = sandbox.run("import json\nx = 1\njson.loads('{')").error
    assert error is not None
    assert (error.type, error.line) == ("JSONDecodeError", 3)


def test_a_syntax_error_has_its_line(sandbox: Sandbox) -> None:
    error = sandbox.run("x = 1\ny = (").error
    assert error is not None
    assert (error.type, error.line) == ("SyntaxError", 2)


def test_a_refusal_lists_every_violation_with_its_line(sandbox: Sandbox) -> None:
    execution = sandbox.run("x = ().__class__.__globals__\nimport __loader__\ny = 1\nprint.f_back")
    assert execution.status == "refused"
    assert execution.error is not None
    assert execution.error.line == 1
    assert [line.partition(":")[0] for line in execution.error.traceback.split("\n")] == [
        "line 1",
        "line 2",
        "line 4",
    ]


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("open('x')", "give the data as inputs"),
        ("input('n?')", "give the data as inputs"),
        ("import polars", "write it with numpy"),
        ("import shutil", "there are no files here"),
        ("open('x', 'w')", "print instead"),
        ("from urllib.request import urlopen", "there is no network"),
    ],
)
def test_what_is_missing_says_what_to_do_instead(sandbox: Sandbox, code: str, advice: str) -> None:
    error = sandbox.run(code).error
    assert error is not None
    assert advice in error.message


def test_exit_ends_a_program_without_an_error(sandbox: Sandbox) -> None:
    assert sandbox.run("print(1)\nexit()\nprint(2)").stdout == "1\n"
    assert sandbox.run("raise SystemExit").ok


def test_inputs_are_variables(sandbox: Sandbox) -> None:
    inputs = {"table": [[1, 2], [3, 4]], "name": "é"}
    assert sandbox.run("sum(map(sum, table)), name", inputs=inputs).value == [10, "é"]


def test_a_long_text_comes_as_it_is(sandbox: Sandbox) -> None:
    text = "a,é,\U0001f600,\ud800\n" * 200_000
    program = "(len(text), ascii(text[:8]), sum(map(ord, text)), short, len(open('f.csv').read()))"
    inputs = {"text": text, "short": "x", "f.csv": "1,2\n" * 500_000}
    expected = [len(text), ascii(text[:8]), sum(map(ord, text)), "x", 2_000_000]
    first = sandbox.run(program, inputs=inputs, keep=True)
    assert first.value == expected, first
    assert sandbox.run(program, first.state, inputs=inputs).value == expected


@pytest.mark.parametrize("name", ["__builtins__", "@getattr", "a b", "1", "for", "", "__class__"])
def test_an_input_needs_a_plain_name(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of an input"):
        sandbox.run("1", inputs={name: 1})


def test_resources_are_measured(sandbox: Sandbox) -> None:
    used = sandbox.run("x = [0] * 10 ** 6\nfor i in range(10 ** 6): pass").resources
    assert 0.001 < used.cpu_s <= used.wall_s + 0.05
    assert used.memory_bytes > 8_000_000


# A program can always lie about its own result. It can do no more than that.

FORGED: dict[str, Any] = {
    "nothing": b"",
    "not a frame": b"\xff" * 100,
    "a frame that is too long": b"\xff\xff\xff\xff",
    "not JSON": b"\0\0\0\x03abc",
    "not an object": b"\0\0\0\x02[]",
    "an empty object": b"\0\0\0\x02{}",
    "NaN": b'\0\0\0\x0c{"value":NaN}',
    "not ASCII": b"\0\0\0\x04\xc3\xa9\xc3\xa9",
    "half a frame": b"\0\0\1\0{",
    "deep": (lambda body: len(body).to_bytes(4, "big") + body)(b"[" * 50_000),
    "big integer": (lambda body: len(body).to_bytes(4, "big") + body)(b'{"status":' + b"9" * 10_000 + b"}"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_report_is_a_crash(name: str, unguarded: Sandbox) -> None:
    execution = unguarded.run(f"import os\nos.write(3, {FORGED[name]!r})\nos._exit(0)")
    assert (execution.status, execution.value) == ("crashed", None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "fine"),
        ("status", []),
        ("stdout", 1),
        ("stdout", "x" * 200_000),
        ("error", "none"),
        ("error", {"type": 1, "message": "", "line": 1, "traceback": ""}),
        ("error", {"type": "", "message": "", "line": -1, "traceback": ""}),
        ("error", {"type": "", "message": "", "line": True, "traceback": ""}),
        ("error", {"type": "x" * 101, "message": "", "line": None, "traceback": ""}),
        ("cpu_s", -1),
        ("cpu_s", "1"),
        ("cpu_s", True),
        ("memory_bytes", 10**30),
        ("value", json.loads("[" * 100 + "]" * 100)),
        ("value", json.loads("1e999")),
        ("value", {"deep": [json.loads("-1e999")]}),
        ("value", [[] for _ in range(60_000)]),
        ("value", {str(n): 0 for n in range(30_000)}),
        ("value", "x" * 60_000),
    ],
)
def test_an_implausible_report_is_a_crash(field: str, value: Any) -> None:
    report = {
        "status": "ok",
        "value": 1,
        "stdout": "",
        "truncated": False,
        "error": None,
        "cpu_s": 0.1,
        "memory_bytes": 1,
    }
    assert read_report(report, output_bytes=1000, wall_s=1.0).value == 1
    assert read_report({**report, field: value}, output_bytes=1000, wall_s=1.0).status == "crashed"


def test_descriptors_that_a_program_sends_do_not_pile_up(unguarded: Sandbox) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    code = """
import array, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=3)
s.sendmsg([b'\\0\\0\\0\\x02{}'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))])
"""
    kept = [unguarded.run(code, keep=True) for _ in range(5)]
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 3 * len(kept) + 12
    del kept


@pytest.fixture(scope="module")
def unguarded() -> Any:
    with Sandbox(without=Walls.LANGUAGE, spares=2) as sandbox:
        yield sandbox
