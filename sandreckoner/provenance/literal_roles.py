"""Determine from the syntax tree how a program uses a number, and the name it gives it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, TypeAlias

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

Parents: TypeAlias = dict[ast.AST, ast.AST]  # maps each node to its parent

# Calls that parse a number or a date from a string.
DATE_PARSERS = frozenset({"strptime", "parse", "fromisoformat", "Date", "to_datetime"})
PARSERS = DATE_PARSERS | {"Decimal", "Fraction", "float", "int", "Rational", "Integer", "Float", "sympify"}
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


def called(node: ast.AST | None) -> str:
    """Return the last part of a call's name: `strptime` for `datetime.strptime`; empty for other nodes."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""
