"""Find the number literals of a program, each with its position, exact value, name and role."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sandreckoner.provenance.literal_roles import (
    PARSERS,
    Parents,
    Role,
    assignments,
    beside,
    called,
    is_over_number,
    name_of,
    role_of,
    string_role,
    used_with,
)
from sandreckoner.provenance.slicing import reaching_expressions
from sandreckoner.provenance.string_numbers import (
    numbers_of_string,
    reads_strings,
    string_constants,
    value_of_call,
)
from sandreckoner.reading.syntax import parse

_OWN_TEXT = frozenset({"__doc__", "__name__", "__qualname__", "__code__", "__annotations__"})


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
        beside: for a term, the sizes of the other numbers of its sum.
        kept: whether its name is assigned nothing else, so that it is not the start value of a count.
        of_ratio: whether the expression that it is used in divides by anything but numbers.
        operands: the names in that expression, separated by spaces.
        over_number: whether it is divided by a number.
    """

    text: str
    value: Fraction
    line: int
    column: int
    name: str = ""
    role: Role = "value"
    terms: int = 1
    alone: bool = False
    beside: tuple[Fraction, ...] = ()
    kept: bool = False
    of_ratio: bool = False
    operands: str = ""
    over_number: bool = False


@dataclass(frozen=True, slots=True)
class Reaching:
    """What of a program reaches its answer.

    Attributes:
        tree: the program.
        literals: its numbers, in the order of the program. Those in its strings are among them: no value is
            taken on trust for being written as text.
        strings: its strings that are not empty.
    """

    tree: ast.Module
    literals: tuple[NumberLiteral, ...]
    strings: tuple[str, ...]


def reaching(code: str) -> Reaching:
    """Read what reaches a program's answer.

    Raises:
        SyntaxError: the program cannot be parsed.
    """
    tree = parse(code)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    lines = code.split("\n")
    given = assignments(tree)
    searched = _searched(tree)
    strings = list(string_constants(*searched))
    literals = [
        *(literal for top in searched for node in ast.walk(top) for literal in _read(node, parents, lines)),
        *_in_strings(strings, parents, lines, is_parsed=reads_strings(tree)),
    ]
    found: dict[tuple[int, int, str], NumberLiteral] = {}
    for literal in literals:
        literal = replace(literal, kept=literal.alone and given[literal.name] < 2)
        found.setdefault((literal.line, literal.column, literal.text), literal)
    in_order = tuple(found[place] for place in sorted(found))
    return Reaching(tree, in_order, tuple(text for _, text in strings if text))


def _searched(tree: ast.Module) -> list[ast.expr]:
    """Return the expressions that reach the answer; all, where the program reads its own docstrings."""
    if any(isinstance(node, ast.Attribute) and node.attr in _OWN_TEXT for node in ast.walk(tree)):
        return [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    return reaching_expressions(tree)


def _read(node: ast.AST, parents: Parents, lines: list[str]) -> Iterator[NumberLiteral]:
    if isinstance(node, ast.Call) and (value := value_of_call(node)) is not None:
        name, alone = name_of(node, parents)
        column = _column(lines, node.lineno, node.col_offset)
        yield NumberLiteral(ast.unparse(node), value, node.lineno, column, name, "value", 1, alone)
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return
    if not isinstance(node.value, (int, float, complex)):
        return
    column = _column(lines, node.lineno, node.col_offset)
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    text = line[column : _column(lines, node.lineno, node.end_col_offset or 0)]
    number = node.value.imag if isinstance(node.value, complex) else node.value
    value = _exact(text.rstrip("jJ") if isinstance(node.value, complex) else text, number)
    if value is None:
        return
    top: ast.AST = node
    if isinstance(minus := parents.get(node), ast.UnaryOp) and isinstance(minus.op, (ast.USub, ast.UAdd)):
        top = minus
        if isinstance(minus.op, ast.USub):
            column = _column(lines, node.lineno, minus.col_offset)
            text, value = f"-{text}", -value
    role, terms = role_of(top, parents)
    name, alone = name_of(top, parents)
    of_ratio, operands = used_with(top, parents)
    yield NumberLiteral(
        text, value, node.lineno, column, name, role, terms, alone, beside(top, parents),
        of_ratio=of_ratio, operands=operands, over_number=is_over_number(top, parents),
    )  # fmt: skip


def _column(lines: list[str], line: int, offset: int) -> int:
    """Return the column in characters of an offset in bytes."""
    text = lines[line - 1] if line <= len(lines) else ""
    return len(text.encode()[:offset].decode(errors="ignore"))


def _in_strings(
    strings: Sequence[tuple[ast.expr, str]], parents: Parents, lines: list[str], *, is_parsed: bool
) -> Iterator[NumberLiteral]:
    for node, text in strings:
        call = parents.get(node)
        numbers = numbers_of_string(node, text, parents, is_parsed=is_parsed)
        name, alone = name_of(node, parents)
        alone = alone and len(numbers) == 1 and numbers[0].text == text.strip()
        words = name if alone or called(call) in PARSERS else f"{name} {text}".strip()
        role = string_role(call, parents)
        line, column = node.lineno, _column(lines, node.lineno, node.col_offset)
        for number in numbers:
            line, column, width = _place(number.text, lines, line, column, node.end_lineno or line)
            value = number.value if called(call) in PARSERS else number.value * number.scale
            yield NumberLiteral(number.text, value, line, column, words, role, 1, alone)
            column += width


def _place(text: str, lines: list[str], line: int, column: int, last: int) -> tuple[int, int, int]:
    """Return line, column and width of the next occurrence of a text; where it is escaped, the start."""
    for number in range(line, min(last, len(lines)) + 1):
        at = lines[number - 1].find(text, column if number == line else 0)
        if at >= 0:
            return number, at, len(text)
    return line, column, 0


def _exact(text: str, value: int | float) -> Fraction | None:
    """Return the exact value of a literal's text; the number's own where that is unknown (f-strings)."""
    digits = text.replace("_", "").lower()
    try:
        return Fraction(int(digits, 0)) if isinstance(value, int) else Fraction(digits)
    except ValueError:
        return Fraction(str(value)) if value == value and abs(value) != float("inf") else None
