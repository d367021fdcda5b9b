"""Find the number literals of a program, each with its position, exact value, name and role."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeGuard

from sandreckoner.provenance.literal_roles import (
    DATE_PARSERS,
    PARSERS,
    Parents,
    Role,
    beside,
    called,
    name_of,
    role_of,
    target_name,
)
from sandreckoner.provenance.slicing import reaching_expressions
from sandreckoner.reading.numbers import find_numbers
from sandreckoner.reading.syntax import parse


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A number literal of a program.

    Attributes:
        text: as written, sign included.
        value: exactly what the text says, not the nearest binary number.
        line: 1-based.
        column: 0-based, in characters.
        name: the variable, keyword, key or parameter it is assigned to; empty without one.
        role: how it is used.
        terms: for a divisor, how many terms the sum above it has; 1 where that is not a sum.
        alone: whether it is the whole value of its name.
        beside: for a term, the size of the number on the other side of its sign, if any.
        kept: whether its name is assigned nothing else, so that it is not the start value of a count.
    """

    text: str
    value: Fraction
    line: int
    column: int
    name: str = ""
    role: Role = "value"
    terms: int = 1
    alone: bool = False
    beside: Fraction | None = None
    kept: bool = False


def reaching_literals(code: str) -> tuple[NumberLiteral, ...]:
    """Return the number literals that reach the program's answer, in the order of the program.

    Numbers in a string count where a call parses them, as `Decimal("1.5")` and `strptime` do.

    Raises:
        SyntaxError: the program cannot be parsed.
    """
    tree = parse(code)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    lines = code.split("\n")
    given = Counter(target_name(node) for node in ast.walk(tree) if _is_given(node))
    found: dict[tuple[int, int], NumberLiteral] = {}
    for expression in reaching_expressions(tree):
        for node in ast.walk(expression):
            if isinstance(node, ast.Constant):
                for literal in _read(node, parents, lines):
                    literal = replace(literal, kept=literal.alone and given[literal.name] < 2)
                    found.setdefault((literal.line, literal.column), literal)
    return tuple(found[place] for place in sorted(found))


def _is_given(node: ast.AST) -> TypeGuard[ast.expr]:
    return isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store)


def _read(node: ast.Constant, parents: Parents, lines: list[str]) -> Iterator[NumberLiteral]:
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    column = len(line.encode()[: node.col_offset].decode(errors="ignore"))
    if isinstance(node.value, str):
        yield from _in_string(node, parents, line, column)
        return
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        return
    end = len(line.encode()[: node.end_col_offset].decode(errors="ignore"))
    text = line[column:end]
    value = _exact(text, node.value)
    if value is None:
        return
    top: ast.AST = node
    if isinstance(minus := parents.get(node), ast.UnaryOp) and isinstance(minus.op, (ast.USub, ast.UAdd)):
        top = minus
        if isinstance(minus.op, ast.USub):
            column = len(line.encode()[: minus.col_offset].decode(errors="ignore"))
            text, value = f"-{text}", -value
    role, terms = role_of(top, parents)
    name, alone = name_of(top, parents)
    yield NumberLiteral(text, value, node.lineno, column, name, role, terms, alone, beside(top, parents))


def _in_string(node: ast.Constant, parents: Parents, line: str, column: int) -> Iterator[NumberLiteral]:
    call = parents.get(node)
    if not isinstance(node.value, str) or not isinstance(call, ast.Call) or called(call) not in PARSERS:
        return
    role: Role = "date" if called(call) in DATE_PARSERS else "value"
    name, alone = name_of(node, parents)
    inner = line.find(node.value, column)
    for number in find_numbers(node.value):
        place = inner + number.start if inner >= 0 else column
        yield NumberLiteral(number.text, number.value, node.lineno, place, name, role, 1, alone)


def _exact(text: str, value: int | float) -> Fraction | None:
    """Return the exact value of a literal's text; the number's own where that is unknown (f-strings)."""
    digits = text.replace("_", "").lower()
    try:
        return Fraction(int(digits, 0)) if isinstance(value, int) else Fraction(digits)
    except ValueError:
        return Fraction(str(value)) if value == value and abs(value) != float("inf") else None
