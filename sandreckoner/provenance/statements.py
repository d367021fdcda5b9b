"""Small questions about statements: what they assign, print and return."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TypeAlias

from sandreckoner.reading.syntax import walk_scope

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def paired(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Split `a, b = 1, 2` into two assignments; empty for other targets."""
    if not (isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List))):
        return []
    plain = not any(isinstance(item, ast.Starred) for item in (*target.elts, *value.elts))
    if not plain or len(target.elts) != len(value.elts):
        return []
    return list(zip(target.elts, value.elts, strict=True))


def changed_names(target: ast.expr) -> set[str]:
    """Return the names that an assignment changes: `x`, `x[0]`, `x.y`, `(x, *y)`."""
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Starred(value=value):
            return changed_names(value)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return set[str]().union(*(changed_names(item) for item in items))
    return set()


def is_print(node: ast.expr) -> bool:
    """Whether an expression is a call of `print`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def returns_value(function: Function | ast.ClassDef) -> bool:
    """Whether a call returns a value: of a class, or a function with a `return x` or a `yield`."""
    return isinstance(function, ast.ClassDef) or any(
        isinstance(node, (ast.Yield, ast.YieldFrom))
        or (isinstance(node, ast.Return) and node.value is not None)
        for node in walk_scope(function)
    )


def written_outside(functions: Iterable[Function | ast.ClassDef]) -> set[str]:
    """Return the names that functions declare `global` or `nonlocal`."""
    return {
        name
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, (ast.Global, ast.Nonlocal))
        for name in node.names
    }
