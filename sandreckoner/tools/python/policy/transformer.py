"""RestrictedPython's transformer, taught what ordinary programs of ordinary models write.

RestrictedPython refuses every node that it does not know; so does this. What is added here either costs no
safety (augmented assignment, annotations, `nonlocal`, `match`) or moves a check from each use to the runtime
guard. Iteration, subscripts, calls and public attributes are left as they are, for speed.
"""

# ruff: noqa: N802, N815  # ast names its visitors so

from __future__ import annotations

import ast
from typing import TypeVar

from RestrictedPython.transformer import RestrictingNodeTransformer, copy_locations

from sandreckoner.tools.python.policy.allowed_names import (
    ASSIGNABLE_DUNDERS,
    DEFINABLE_DUNDERS,
    GUARD_GETATTR,
    GUARD_STORE,
    GUARDED_ATTRIBUTES,
    READABLE_NAMES,
    is_dunder,
    spellable_attribute,
)

N = TypeVar("N", bound=ast.AST)


class Transformer(RestrictingNodeTransformer):
    """Checks a program, collecting every violation with its line; rewrites what needs a guard at run time."""

    def __init__(self, errors: list[str], *, of_library: bool = False) -> None:
        """Begin.

        Args:
            errors: where violations are collected.
            of_library: whether a library wrote the text, and reads private attributes of its own `self`.
        """
        super().__init__(errors)
        self._of_library = of_library
        self._classes: tuple[str, ...] = ()

    def keep(self, node: N) -> N:
        """Leave the node as it is, and check what is inside."""
        return self.node_contents_visit(node)

    def error(self, node: ast.AST, info: str) -> None:
        """Record a violation."""
        self.errors.append(f"line {getattr(node, 'lineno', '?')}: {info}")

    def not_allowed(self, node: ast.AST) -> None:
        self.error(node, f"{type(node).__name__} is not available in the sandbox")

    # Names.

    def check_name(self, node: ast.AST, name: str | None, allow_magic_methods: bool = False) -> None:
        """Refuse double-underscore names but those that a program may define or read."""
        if name is None or not is_dunder(name):
            return
        if name not in DEFINABLE_DUNDERS and name not in READABLE_NAMES:
            self.error(node, f'the name "{name}" is not available in the sandbox{_hint(name)}')

    def visit_Name(self, node: ast.Name) -> ast.Name:
        self.check_name(node, node.id)
        return node

    def visit_Global(self, node: ast.Global) -> ast.Global:
        return self._checked_names(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Nonlocal:
        return self._checked_names(node)

    def _checked_names(self, node: N) -> N:
        for name in node.names:  # type: ignore[attr-defined]
            self.check_name(node, name)
        return node

    def inject_print_collector(self, node: ast.AST, position: int = 0) -> None:
        """Nothing: `print` is an ordinary builtin here (the collector loses what functions print)."""

    # Attributes.

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        name = node.attr
        if not spellable_attribute(name):
            self.error(node, f'the attribute "{name}" is not available in the sandbox')
            return node
        node = self.keep(node)
        if isinstance(node.ctx, ast.Load):
            if not name.startswith("_") and name not in GUARDED_ATTRIBUTES:
                return node
            own = isinstance(node.value, ast.Name) and node.value.id == "self" and not is_dunder(name)
            if self._of_library and own:
                return node
            return self._asked(GUARD_GETATTR, node)
        # A stored dunder could replace what a guard relies on, on any class within reach.
        if is_dunder(name):
            if name not in ASSIGNABLE_DUNDERS:
                self.error(node, f'the attribute "{name}" cannot be assigned in the sandbox')
            node.value = self._asked(GUARD_STORE, node)
            node.attr = "value"  # of the `Slot`, which looks at what it is given
        elif name.startswith("_"):
            node.value = self._asked(GUARD_STORE, node)
        return node

    def _asked(self, guard: str, node: ast.Attribute) -> ast.expr:
        """A call of a guard with the owner and the name of an attribute."""
        name = node.attr
        inside = self._classes[-1].lstrip("_") if self._classes else ""
        if inside and name.startswith("__") and not name.endswith("__"):
            name = f"_{inside}{name}"  # the compiler mangles names, not our string
        call = ast.Call(ast.Constant(guard), [node.value, ast.Constant(name)], [])
        copy_locations(call, node)
        return call

    # Statements that RestrictedPython refuses or slows down, and that are harmless.

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return self.keep(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        node = self.keep(node)
        # `array.ctypes += x` would hand the attribute to x.__radd__ without asking.
        if isinstance(node.target, ast.Attribute) and node.target.attr in GUARDED_ATTRIBUTES:
            node.target.value = self._asked(GUARD_STORE, node.target)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        return self.keep(node)

    def visit_With(self, node: ast.With) -> ast.AST:
        return self.keep(node)

    visit_TryStar = visit_Await = visit_AsyncFor = visit_AsyncWith = keep

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return self.keep(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self.keep(node)

    def guard_iter(self, node: N) -> N:
        return self.keep(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        # `f(__class__=...)` would reach a **kwargs that becomes attributes.
        if node.arg is not None and is_dunder(node.arg) and node.arg not in DEFINABLE_DUNDERS:
            self.error(node.value, f'the name "{node.arg}" is not available in the sandbox')
        return self.keep(node)

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for alias in node.names:
            self.check_name(node, alias.asname or alias.name.split(".")[0])
        return self.keep(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if node.level:
            self.error(node, "a relative import is not available in the sandbox")
        for alias in node.names:
            self.check_name(node, alias.asname or alias.name)
        return self.keep(node)

    # Definitions.

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.check_name(node, node.name)
        self.check_function_argument_names(node)
        return self.keep(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.check_name(node, node.name)
        self.check_function_argument_names(node)
        return self.keep(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.check_name(node, node.name)
        outer, self._classes = self._classes, (*self._classes, node.name)
        try:
            return self.keep(node)
        finally:
            self._classes = outer

    # `match`: each keyword pattern reads an attribute without asking the guard.

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.AST:
        for name in node.kwd_attrs:
            if name.startswith("_") or name in GUARDED_ATTRIBUTES or not spellable_attribute(name):
                self.error(node, f'the attribute "{name}" is not available in a class pattern')
        return self.keep(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        self.check_name(node, node.name)
        return self.keep(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.AST:
        self.check_name(node, node.name)
        return self.keep(node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.AST:
        self.check_name(node, node.rest)
        return self.keep(node)

    visit_Match = visit_match_case = visit_MatchValue = visit_MatchSingleton = keep
    visit_MatchSequence = visit_MatchOr = keep

    # Type parameters (Python 3.12).

    def visit_TypeVar(self, node: ast.AST) -> ast.AST:
        self.check_name(node, node.name)  # type: ignore[attr-defined]
        return self.keep(node)

    visit_TypeVarTuple = visit_ParamSpec = visit_TypeVar
    visit_TypeAlias = keep


def _hint(name: str) -> str:
    return "; use an import statement" if name == "__import__" else ""
