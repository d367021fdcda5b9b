"""Make a program return its answer, and read the answer from its execution.

The answer is, in this order: the variable `answer` (`ans`, `final_answer`); what `solution()` returns; the
last line where that is an expression; the last printed line; the variable `result`; the function at the end.
"""

from __future__ import annotations

import ast
import math
import re

from sandreckoner.core.execution import JSON, Execution
from sandreckoner.reading.normalize import normalise
from sandreckoner.reading.refusals import is_nothing
from sandreckoner.reading.syntax import bound_names, parse

ANSWERS = ("answer", "ans", "final_answer")
_LABEL = re.compile(r"[:=]\s|\s(?:is|are|was)\s")
MAX_CHARACTERS = 10_000  # of an answer: a list may be long
MAX_BITS = 4_000  # longer integers are not answers, and slow to write


def with_answer(code: str) -> str:
    """Add a last line to a program whose value is its answer.

    Args:
        code: Python that parses.

    Returns:
        The code to run; unchanged where the program ends in its answer, or prints it.
    """
    expression = _answer_expression(parse(code))
    return f"{code.rstrip()}\n{expression}\n" if expression else code


def with_last_value(code: str) -> str:
    """Add a last line with the name that the program's last line assigns; else leave it unchanged.

    >>> with_last_value("total = 3 * 14").splitlines()
    ['total = 3 * 14', 'total']
    """
    try:
        last = parse(code).body[-1]
    except (SyntaxError, IndexError):
        return code
    if isinstance(last, ast.Assign) and len(last.targets) == 1 and isinstance(last.targets[0], ast.Name):
        return f"{code.rstrip()}\n{last.targets[0].id}"
    return code


def gives_answer(tree: ast.Module) -> bool:
    """Whether a program gives its answer in any of the ways above."""
    return bool(_answer_expression(tree)) or _ends_in_value(tree) or _prints(tree)


def _answer_expression(tree: ast.Module) -> str:
    """Return the expression to append; empty where none is needed."""
    bound = bound_names(tree)
    for name in ANSWERS:
        if name in bound:
            return name
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not _required(node)]
    if any(function.name == "solution" for function in functions):
        return "solution()"
    if _ends_in_value(tree) or _prints(tree, at_top=True):
        return ""
    if "result" in bound:
        return "result"
    if functions and tree.body[-1] is functions[-1]:
        return f"{functions[-1].name}()"
    return ""


def answer_names(tree: ast.Module) -> set[str]:
    """Return the names in the expression that gives the answer: what is appended, or the last line."""
    expression = _answer_expression(tree)
    given: ast.AST = ast.parse(expression, mode="eval") if expression else tree.body[-1]
    return {node.id for node in ast.walk(given) if isinstance(node, ast.Name)} - {"print"}


def _required(function: ast.FunctionDef) -> bool:
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return positional > 0 or any(default is None for default in arguments.kw_defaults)


def _ends_in_value(tree: ast.Module) -> bool:
    last = tree.body[-1] if tree.body else None
    return isinstance(last, ast.Expr) and not _is_print(last.value)


def _prints(tree: ast.Module, *, at_top: bool = False) -> bool:
    roots = [
        node for node in tree.body if not at_top or not isinstance(node, (ast.FunctionDef, ast.ClassDef))
    ]
    return any(_is_print(node) for root in roots for node in ast.walk(root))


def _is_print(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def read_result(execution: Execution) -> str | None:
    """Read the answer of an executed program: its value, or else the last line it printed.

    Returns:
        The answer as text; None where the program failed or gave none, and for NaN and infinities.
    """
    if execution.status != "ok":
        return None
    if execution.value is not None:
        return value_text(execution.value)
    printed = [line.strip() for line in execution.stdout.splitlines() if line.strip()]
    said = _said(printed[-1][:MAX_CHARACTERS]) if printed else None
    return None if said is None or is_nothing(said) else said


def _said(line: str) -> str:
    """Read a printed line: `$15.00` of `Total for 5 bagels: $15.00`; a line that is an answer stays whole."""
    whole, tail = normalise(line), _LABEL.split(line)[-1].strip().rstrip(".")
    if not tail or line[0] in "[({" or normalise(tail).kind == "text":
        return line
    return tail if whole.kind == "text" or whole == normalise(tail) else line


def value_text(value: JSON) -> str | None:
    """Write a value as people do: `18.0` as `18`, a list or dict of one as its item, binary noise rounded."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() < MAX_BITS else None
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, str):
        text = value.strip()[:MAX_CHARACTERS]
        return None if is_nothing(text) else text or None
    if isinstance(value, list):
        return _items_text([value_text(item) for item in value], "[]")
    if isinstance(value, dict):
        if value.get("type") == "Figure" and isinstance(value.get("text"), str):
            return value_text(value["text"])  # with its unit
        if isinstance(value.get("type"), str) and isinstance(value.get("text"), str):
            return value_text(value.get("number", value["text"]))
        if len(value) == 1:
            return value_text(next(iter(value.values())))
        return _items_text([f"{key}: {value_text(item)}" for key, item in value.items()], "{}")
    return None


def _items_text(items: list[str | None], brackets: str) -> str | None:
    if len(items) < 2:
        return items[0] if items else None
    inner = ", ".join(item or "None" for item in items)
    return f"{brackets[0]}{inner}{brackets[1]}"[:MAX_CHARACTERS]


def without_brackets(answer: str) -> str:
    """Take the brackets off a program's list: Python's `(2, 3)` and `[2, 3]` say nothing of intervals."""
    bare = answer[1:-1] if answer[:1] + answer[-1:] in ("[]", "()") else answer
    return bare if normalise(bare).items else answer


def _float_text(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return repr(float(f"{value:.15g}"))  # 0.1 + 0.2 is 0.3
