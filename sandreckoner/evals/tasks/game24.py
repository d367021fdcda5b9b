"""The scorer of the Game of 24. The expression is parsed and never evaluated by Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fractions import Fraction

MAX_CHARACTERS = 200


def makes_24(expression: str, numbers: str) -> bool:
    """Whether `expression` uses each of `numbers` (separated by spaces) once and equals 24.

    A trailing `= 24` is allowed, as are × and ÷.
    """
    text = expression.replace("×", "*").replace("÷", "/").partition("=")[0].strip()
    if len(text) > MAX_CHARACTERS:
        return False
    try:
        tree = ast.parse(text, mode="eval").body
        value = _value(tree)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return False
    return value == 24 and sorted(_numbers(tree)) == sorted(int(number) for number in numbers.split())


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Fraction(node.value)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div):
            return left / right
    raise ValueError("only whole numbers and + - * /")


def _numbers(tree: ast.expr) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield node.value
