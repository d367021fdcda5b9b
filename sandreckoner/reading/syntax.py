"""Analyse a Python program without running it: a bounded parse, its bound and undefined names."""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator

MAX_CHARACTERS = 50_000
MAX_DEPTH = 100
_BUILTINS = frozenset(dir(builtins))
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


def parse(code: str) -> ast.Module:
    """Parse an untrusted program; it is never run.

    Raises:
        SyntaxError: it is not Python, or too long, or nested too deeply (which would exhaust the stack of
            whoever walks the tree). `lineno` is set where the fault has a line.
    """
    if len(code) > MAX_CHARACTERS:
        raise SyntaxError(f"the program has more than {MAX_CHARACTERS:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as "\d" in a string
            tree = ast.parse(code)
    except SyntaxError:
        raise
    except (ValueError, RecursionError, MemoryError) as fault:
        raise SyntaxError(f"the program cannot be parsed: {fault}") from None
    layer: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        layer = [child for node in layer for child in ast.iter_child_nodes(node)]
        if not layer:
            return tree
    raise SyntaxError(f"the program is nested more than {MAX_DEPTH} deep")


def walk_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Iterate over a node and all below it, without the functions and classes defined inside."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += [child for child in ast.iter_child_nodes(here) if not isinstance(child, Scope)]


def bound_names(scope: ast.AST) -> set[str]:
    """Return the names that a module or a function binds in its own scope."""
    names: set[str] = set()
    for node in walk_scope(scope):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(child.name)
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.split(".")[0])
            case ast.arg(arg=name):
                names.add(name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                names.add(name)
    return names


def undefined_names(tree: ast.Module) -> set[str]:
    """Return the names that a program reads but never binds, builtins excluded.

    A name bound in any scope counts as bound everywhere, so this can miss one but never invents one. After
    `from x import *` nothing counts as undefined.
    """
    bound: set[str] = set(_BUILTINS)
    read: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.add(node.id)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            return set()
        if isinstance(node, (ast.Module, *Scope.__args__)):
            bound |= bound_names(node)
    return read - bound


def is_program(tree: ast.Module) -> bool:
    """Whether a tree computes anything: `18`, `Yes` and `Note: this` parse as Python, but are no programs."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign(value=ast.expr()) | ast.Call():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Import() | ast.ImportFrom():
                return True
            case ast.BinOp(left=ast.Constant(), right=ast.Constant()):
                return True
    return False
