"""The numbers that a program holds: each with its place, its exact value, its name, and what it does."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal as OneOf
from typing import TypeGuard

from sandreckoner.core.numbers import find_numbers
from sandreckoner.core.program import parse
from sandreckoner.core.slicing import reaching_expressions

Role = OneOf[
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

# Calls that read a number or a date out of a string.
_DATE_PARSERS = frozenset({"strptime", "parse", "fromisoformat", "Date", "to_datetime"})
_PARSERS = _DATE_PARSERS | {"Decimal", "Fraction", "float", "int", "Rational", "Integer", "Float", "sympify"}
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


@dataclass(frozen=True, slots=True)
class Literal:
    """A number written in a program.

    Attributes:
        text: as written, sign included.
        value: exactly what the text says, not the nearest binary number.
        line: 1-based.
        column: 0-based, in characters.
        name: the variable, keyword, key or parameter that it is given to; empty without one.
        role: what is done with it.
        terms: for a divisor, how many terms the sum above it has; 1 where that is no sum.
        alone: whether it is the whole of what its name is given.
        beside: for a term, the size of the number on the other side of its sign, where that is one too.
        kept: whether its name is given nothing else anywhere, so that it is no first value of a count.
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


def reaching_literals(code: str) -> tuple[Literal, ...]:
    """The numbers that reach the program's answer, in the order of the program.

    Numbers in a string count where a call reads them out of it, as `Decimal("1.5")` and `strptime` do.

    Raises:
        SyntaxError: the program cannot be parsed.
    """
    tree = parse(code)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    lines = code.split("\n")
    given = Counter(_target(node) for node in ast.walk(tree) if _is_given(node))
    found: dict[tuple[int, int], Literal] = {}
    for expression in reaching_expressions(tree):
        for node in ast.walk(expression):
            if isinstance(node, ast.Constant):
                for literal in _read(node, parents, lines):
                    literal = replace(literal, kept=literal.alone and given[literal.name] < 2)
                    found.setdefault((literal.line, literal.column), literal)
    return tuple(found[place] for place in sorted(found))


def _is_given(node: ast.AST) -> TypeGuard[ast.expr]:
    return isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store)


def _read(node: ast.Constant, parents: dict[ast.AST, ast.AST], lines: list[str]) -> Iterator[Literal]:
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
    role, terms = _role(top, parents)
    name, alone = _name(top, parents)
    yield Literal(text, value, node.lineno, column, name, role, terms, alone, _beside(top, parents))


def _in_string(
    node: ast.Constant, parents: dict[ast.AST, ast.AST], line: str, column: int
) -> Iterator[Literal]:
    call = parents.get(node)
    if not isinstance(node.value, str) or not isinstance(call, ast.Call) or _called(call) not in _PARSERS:
        return
    role: Role = "date" if _called(call) in _DATE_PARSERS else "value"
    name, alone = _name(node, parents)
    inner = line.find(node.value, column)
    for number in find_numbers(node.value):
        place = inner + number.start if inner >= 0 else column
        yield Literal(number.text, number.value, node.lineno, place, name, role, 1, alone)


def _exact(text: str, value: int | float) -> Fraction | None:
    """The value of a literal's text; of the number itself where its place is not known (in an f-string)."""
    digits = text.replace("_", "").lower()
    try:
        return Fraction(int(digits, 0)) if isinstance(value, int) else Fraction(digits)
    except ValueError:
        return Fraction(str(value)) if value == value and abs(value) != float("inf") else None


def _role(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> tuple[Role, int]:
    parent = parents.get(node)
    match parent:
        case ast.BinOp(left=left, op=op, right=right):
            roles = _OPERATORS.get(type(op), ("value", "value"))
            return (roles[1], _terms(left)) if node is right else (roles[0], 1)
        case ast.AugAssign(op=op):
            return _AUGMENTED.get(type(op), "value"), 1
        case ast.Subscript() | ast.Slice():
            return "index", 1
        case ast.Compare():
            return "compared", 1
        case ast.Call() if node is not parent.func:
            called = _called(parent)
            if called in ("range", "round", "pow"):
                second = len(parent.args) > 1 and node is parent.args[1]
                roles_of: dict[str, Role] = {"range": "range", "round": "digits", "pow": "exponent"}
                return (roles_of[called], 1) if called == "range" or second else ("value", 1)
            return ("date", 1) if called in _DATES else ("value", 1)
        case ast.keyword(arg="ndigits"):
            return "digits", 1
        case ast.keyword() if _called(parents[parent]) in _SPANS | _DATES:
            return "date", 1
    return "value", 1


def _beside(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Fraction | None:
    match parents.get(node):
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            other = left if node is right else right
            other = other.operand if isinstance(other, ast.UnaryOp) else other
            if isinstance(other, ast.Constant) and isinstance(other.value, (int, float)):
                return abs(_exact("", other.value) or Fraction(0))
    return None


def _terms(left: ast.expr) -> int:
    """How many terms a sum has: `a + b + c`, `sum([a, b, c])`."""
    match left:
        case ast.UnaryOp(operand=operand):
            return _terms(operand)
        case ast.BinOp(left=one, op=ast.Add() | ast.Sub(), right=other):
            return _terms(one) + _terms(other)
        case ast.Call(args=[ast.List(elts=items) | ast.Tuple(elts=items)]) if _called(left) in (
            "sum",
            "fsum",
        ):
            return len(items)
    return 1


def _name(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> tuple[str, bool]:
    """The nearest name that a number is given to, and whether nothing else is given with it."""
    child, grandchild, alone, whole = node, node, True, True
    while (parent := parents.get(child)) is not None:
        match parent:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if (
                grandchild in values
            ):
                at = values.index(grandchild)
                return (_target(names[at]) if at < len(names) else ""), child is parent.value and whole
            case ast.Assign(targets=[target, *_]):
                return _target(target), alone
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target) | ast.NamedExpr(target=target):
                return _target(target), alone
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
        if not (isinstance(parent, ast.Call) and _called(parent) in _PARSERS):
            whole, alone = alone, False
        grandchild, child = child, parent
    return "", alone


def _target(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Subscript(value=value):
            return _target(value)
    return ""


def _called(node: ast.AST) -> str:
    """The last part of a call's name: `datetime.strptime` is `strptime`; empty for anything else."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""
