"""A program rewritten as a notebook cell, so that its intermediate values can be inspected."""

from __future__ import annotations

import ast

from sandreckoner.reading.syntax import parse


def flat(program: str) -> str:
    r"""Move the body of `solution()` out of the function where that means the same.

    That is: one function without arguments beside imports, which returns once, at its end. Any other program
    comes back as it is.

    >>> print(flat("def solution():\n    price = 3\n    return price * 14"))
    price = 3
    answer = price * 14
    """
    try:
        tree = parse(program)
    except SyntaxError:
        return program
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if len(functions) != 1 or len(imports) + 1 != len(tree.body) or not _is_plain(functions[0]):
        return program
    *body, end = functions[0].body
    assert isinstance(end, ast.Return) and end.value is not None
    answer = ast.Assign([ast.Name("answer", ast.Store())], end.value)
    return ast.unparse(ast.fix_missing_locations(ast.Module([*imports, *body, answer], [])))


def _is_plain(function: ast.FunctionDef) -> bool:
    """Whether it returns only on its last line and never refers to itself."""
    end = function.body[-1]
    if not isinstance(end, ast.Return) or end.value is None:
        return False
    if ast.unparse(function.args) or function.decorator_list:
        return False
    inner = [node for part in function.body[:-1] for node in ast.walk(part)]
    leaves = ast.Return | ast.Yield | ast.YieldFrom | ast.Nonlocal | ast.Global
    calls_itself = any(isinstance(node, ast.Name) and node.id == function.name for node in ast.walk(function))
    return not calls_itself and not any(isinstance(node, leaves) for node in inner)
