"""Find the number literals of a program, each with its exact value, name and role: how it is used."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from sandreckoner.provenance.slicing import reaching_expressions
from sandreckoner.provenance.string_numbers import (
    DATE_PARSERS,
    PARSERS,
    Parents,
    called,
    numbers_of_string,
    reads_strings,
    string_constants,
    value_of_call,
)
from sandreckoner.reading.syntax import parse

Role: TypeAlias = Literal[
    "value",
    "term",
    "factor",
    "divisor",
    "modulus",
    "exponent",
    "index",
    "digits",
    "range",
    "compared",
    "date",
]


_DATES = frozenset({"date", "datetime", "Date"})
_SPANS = frozenset({"relativedelta", "timedelta"})
_OPERATORS: dict[type[ast.operator], tuple[Role, Role]] = {
    ast.Add: ("term", "term"),
    ast.Sub: ("term", "term"),
    ast.Mult: ("factor", "factor"),
    ast.Div: ("term", "divisor"),
    ast.FloorDiv: ("term", "divisor"),
    ast.Mod: ("term", "modulus"),
    ast.Pow: ("value", "exponent"),
}
_AUGMENTED: dict[type[ast.operator], Role] = {kind: right for kind, (_, right) in _OPERATORS.items()}


def role_of(node: ast.AST, parents: Parents) -> tuple[Role, int]:
    """Return the role of a number; for a divisor also how many terms the sum above it has."""
    parent = parents.get(node)
    match parent:
        case ast.BinOp(left=left, op=op, right=right):
            roles = _OPERATORS.get(type(op), ("value", "value"))
            return (roles[1], terms_of(left)) if node is right else (roles[0], 1)
        case ast.AugAssign(op=op):
            return _AUGMENTED.get(type(op), "value"), 1
        case ast.Subscript() | ast.Slice():
            return "index", 1
        case ast.Compare():
            return "compared", 1
        case ast.Call() if node is not parent.func:
            return _argument_role(node, parent), 1
        case ast.keyword(arg="ndigits"):
            return "digits", 1
        case ast.keyword() if called(parents[parent]) in _SPANS | _DATES:
            return "date", 1
    return "value", 1


def string_role(call: ast.AST | None, parents: Parents) -> Role:
    """Return the role of a number in a string: of a date, of decimals to round to, or a value."""
    if called(call) in DATE_PARSERS:
        return "date"
    above = parents.get(call) if call is not None else None
    return "digits" if above is not None and called(above) == "quantize" else "value"


def _argument_role(node: ast.AST, call: ast.Call) -> Role:
    second = len(call.args) > 1 and node is call.args[1]
    match called(call):
        case "range":
            return "range"
        case "round" if second:
            return "digits"
        case "pow" if second:
            return "exponent"
        case name if name in _DATES:
            return "date"
    return "value"


def beside(node: ast.AST, parents: Parents) -> tuple[Fraction, ...]:
    """Return, for a term of a sum, the sizes of the other numbers in it."""
    top = node
    while isinstance(above := parents.get(top), ast.BinOp) and isinstance(above.op, (ast.Add, ast.Sub)):
        top = above
    return tuple(abs(value) for term, value in _terms(top) if term is not node) if top is not node else ()


def _terms(sum_: ast.AST) -> Iterator[tuple[ast.AST, Fraction]]:
    """Yield the numbers of a sum that are its terms, with their size."""
    match sum_:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            yield from _terms(left)
            yield from _terms(right)
        case (
            ast.UnaryOp(operand=ast.Constant(value=int(value) | float(value)))
            | ast.Constant(value=int(value) | float(value))
        ) if not isinstance(value, bool) and value - value == 0:
            yield sum_, Fraction(value) if isinstance(value, int) else Fraction(str(value))


def used_with(node: ast.AST, parents: Parents) -> tuple[bool, str]:
    """Return whether the arithmetic around a number divides by more than itself, and the names in it."""
    top = node
    while isinstance(above := parents.get(top), (ast.BinOp, ast.UnaryOp, ast.Call)) and not (
        isinstance(above, ast.Call) and top is above.func
    ):
        top = above
    inside = list(ast.walk(top)) if top is not node else []
    names = [node.id for node in inside if isinstance(node, ast.Name)]
    names += [key.value for key in inside if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    divides = any(
        isinstance(i, ast.BinOp) and isinstance(i.op, ast.Div) and i.right is not node for i in inside
    )
    return divides, " ".join(names)


def is_over_number(node: ast.AST, parents: Parents) -> bool:
    """Whether a number is divided by another one that the program writes: 3 in `3 / 5` and `x * 3 / 5`."""
    above = parents.get(node)
    if isinstance(above, ast.BinOp) and isinstance(above.op, ast.Mult):
        node, above = above, parents.get(above)
    match above:
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant()):
            return left is node
    return False


def terms_of(left: ast.expr) -> int:
    """Count the terms of a sum: `a + b + c`, `sum([a, b, c])`."""
    match left:
        case ast.UnaryOp(operand=operand):
            return terms_of(operand)
        case ast.BinOp(left=one, op=ast.Add() | ast.Sub(), right=other):
            return terms_of(one) + terms_of(other)
        case ast.Call(args=[ast.List(elts=items) | ast.Tuple(elts=items)]) if called(left) in (
            "sum",
            "fsum",
        ):
            return len(items)
    return 1


def name_of(node: ast.AST, parents: Parents) -> tuple[str, bool]:
    """Return the nearest name that a number is assigned to, and whether it is the only value."""
    child, grandchild, alone, whole = node, node, True, True
    while (parent := parents.get(child)) is not None:
        match parent:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if (
                grandchild in values
            ):
                at = values.index(grandchild)
                return (target_name(names[at]) if at < len(names) else ""), child is parent.value and whole
            case ast.Assign(targets=[target, *_]):
                return target_name(target), alone
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target) | ast.NamedExpr(target=target):
                return target_name(target), alone
            case ast.keyword(arg=str(name)):
                return name, alone
            case ast.Dict(keys=keys, values=values) if child in values:
                key = keys[values.index(child)]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    return key.value, alone
            case ast.arguments(args=args, defaults=defaults) if child in defaults:
                return args[len(args) - len(defaults) + defaults.index(child)].arg, alone
            case ast.stmt():
                return "", alone
        if not (isinstance(parent, ast.Call) and called(parent) in PARSERS):
            whole, alone = alone, False
        grandchild, child = child, parent
    return "", alone


def target_name(target: ast.expr) -> str:
    """Return the name of an assignment's target: `x` for `x`, `self.x` and `d["x"]`."""
    match target:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Subscript(value=value):
            return target_name(value)
    return ""


def assignments(tree: ast.AST) -> Counter[str]:
    """Count how often each name is assigned."""
    given = (ast.Name, ast.Subscript, ast.Attribute)
    stored = [n for n in ast.walk(tree) if isinstance(n, given) and isinstance(n.ctx, ast.Store)]
    return Counter(map(target_name, stored))


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
