"""Source to code object, under the policy."""

from __future__ import annotations

import ast
import warnings
from types import CodeType
from typing import Any, Literal

from sandreckoner.tools.python.policy.allowed_names import GUARD_GETATTR, GUARD_STORE, LAST_VALUE
from sandreckoner.tools.python.policy.attributes import guarded_getattr, owner_of
from sandreckoner.tools.python.policy.transformer import Transformer

Mode = Literal["exec", "eval"]


class Refusal(Exception):
    """A program that the policy turns down.

    Attributes:
        violations: what is wrong, one line each, as `line 3: …`.
    """

    def __init__(self, violations: tuple[str, ...]) -> None:
        super().__init__(violations[0])
        self.violations = violations

    @property
    def line(self) -> int | None:
        """Line of the first violation."""
        number = self.violations[0].partition(":")[0].removeprefix("line ")
        return int(number) if number.isdigit() else None


def compile_program(source: str, name: str, *, restrict: bool = True) -> CodeType:
    """Compile a program whose last line, where it is an expression, is kept as its value.

    Args:
        source: the program.
        name: what tracebacks call it.
        restrict: False compiles plain Python, to test the other walls without this one.

    Raises:
        Refusal: the policy refuses it.
        SyntaxError: it is not Python (also for one that nests too deeply).
    """
    tree = _parse(source, name, "exec")
    if restrict:
        _check(tree)
    assert isinstance(tree, ast.Module)
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        keep = ast.Assign([ast.Name(LAST_VALUE, ast.Store())], last.value)
        tree.body[-1] = ast.copy_location(keep, last)
    return _compile(tree, name, "exec")


def compile_fragment(source: str, name: str, mode: Mode, *, of_library: bool = False) -> CodeType:
    """Compile text that a program or a library wants evaluated, under the same policy. Raises as above."""
    tree = _parse(source, name, mode)
    _check(tree, of_library=of_library)
    return _compile(tree, name, mode)


def _parse(source: str, name: str, mode: Mode) -> ast.AST:
    try:
        return ast.parse(source, name, mode)
    except (ValueError, RecursionError, MemoryError) as fault:
        raise SyntaxError(_plain(fault)) from None


def _check(tree: ast.AST, *, of_library: bool = False) -> None:
    violations: list[str] = []
    try:
        Transformer(violations, of_library=of_library).visit(tree)
    except RecursionError:
        raise SyntaxError("the program nests too deeply") from None
    if violations:
        raise Refusal(tuple(dict.fromkeys(violations)))


def _compile(tree: ast.AST, name: str, mode: Mode) -> CodeType:
    ast.fix_missing_locations(tree)
    try:
        with warnings.catch_warnings():
            # "\d" in a plain string warns; the program runs all the same. And so do our calls of constants.
            warnings.simplefilter("ignore")
            code: CodeType = compile(tree, name, mode, dont_inherit=True)  # type: ignore[call-overload]
    except (ValueError, RecursionError, MemoryError) as fault:
        raise SyntaxError(_plain(fault)) from None
    return _with_guards(code)


# Constants, not variables: a program may run code over a dictionary of its own, and bind any name there.
_GUARDS = {GUARD_GETATTR: guarded_getattr, GUARD_STORE: owner_of}


def _with_guards(code: CodeType) -> CodeType:
    """The code with the guards themselves in the places that were kept for them."""

    def placed(constant: Any) -> Any:
        if type(constant) is CodeType:
            return _with_guards(constant)
        return _GUARDS.get(constant, constant) if type(constant) is str else constant

    return code.replace(co_consts=tuple(map(placed, code.co_consts)))


def _plain(fault: Exception) -> str:
    return str(fault) if isinstance(fault, ValueError) else "the program nests too deeply"
