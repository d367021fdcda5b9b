"""Analyse a Python program without running it: a bounded parse, its names, and what gives its answer.

The answer is, in this order: the variable `answer` (`ans`, `final_answer`); what `solution()` returns; the
last line where that is an expression; the last printed line; the variable `result`; the function at the end.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator

MAX_CHARACTERS = 50_000
MAX_DEPTH = 100
_BUILTINS = frozenset(dir(builtins))
ANSWERS = ("answer", "ans", "final_answer")
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
