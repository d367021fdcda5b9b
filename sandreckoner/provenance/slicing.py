"""Compute the backward slice of a program: which of its expressions reach its answer.

Weiser 1981, "Program Slicing", by one pass over the syntax tree: from the last statement upwards, with the
set of live names. It over-approximates: a branch counts with its condition, a loop with its bounds, a call
with all its arguments, a container with everything put into it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from sandreckoner.reading.syntax import walk_scope

Live = set[str]
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def reaching_expressions(tree: ast.Module) -> list[ast.expr]:
    """Return the expressions that reach the answer, in the order of the program.

    The answer is the value of the last statement where that is an expression, else what is printed: by the
    last statement where that prints, else anywhere. Of a program that gives no answer everything is returned.
    """
    if not tree.body:
        return []
    last = tree.body[-1]
    expression = last.value if isinstance(last, ast.Expr) else None
    slice_ = _Slice(tree)
    if expression is not None and (slice_.has_value(expression) or _is_print(expression)):
        live = slice_.use(expression)
    else:
        slice_.printed = True
        live = slice_.block([last], set())
    slice_.block(tree.body[:-1], live)
    found = slice_.used or [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


class _Slice:
    """One pass: `used` collects whole expressions; `block` goes backward through statements."""

    def __init__(self, tree: ast.Module) -> None:
        self._functions: dict[str, list[Function | ast.ClassDef]] = {}
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._functions.setdefault(node.name, []).append(node)
        self._free: dict[str, Live] = {}
        self._seen: set[int] = set()
        self.used: list[ast.expr] = []
        self.printed = False

    def has_value(self, expression: ast.expr) -> bool:
        """Whether an expression has a value: no print, no call of a function that returns nothing."""
        if _is_print(expression):
            return False
        if not (isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name)):
            return True
        functions = self._functions.get(expression.func.id, [])
        return not functions or any(_returns_value(function) for function in functions)

    def use(self, *expressions: ast.expr | None) -> Live:
        """Add expressions to the slice, and return the names live before them."""
        names: Live = set()
        for expression in expressions:
            if expression is None:
                continue
            if id(expression) not in self._seen:
                self._seen.add(id(expression))
                self.used.append(expression)
            for node in ast.walk(expression):
                if isinstance(node, ast.Name):
                    names |= {node.id} | self._free_names(node.id)
                elif isinstance(node, ast.Attribute):  # a method of a class that the program defines
                    names |= self._free_names(node.attr)
        return names

    def _free_names(self, name: str) -> Live:
        """Return the free names of a function; analysed once, with its body added to the slice."""
        if name not in self._functions:
            return set()
        if name not in self._free:
            self._free[name] = set()  # a recursive call adds nothing
            for function in self._functions[name]:
                self._free[name] |= self._enter(function)
        return self._free[name]

    def _enter(self, definition: Function | ast.ClassDef) -> Live:
        if isinstance(definition, ast.ClassDef):
            live = self.use(*(node for node in walk_scope(definition) if isinstance(node, ast.expr)))
            for node in definition.body:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    live |= self._enter(node)
            return live
        outward = {
            name
            for node in walk_scope(definition)
            if isinstance(node, (ast.Global, ast.Nonlocal))
            for name in node.names
        }
        live = self.block(definition.body, set(outward))
        arguments = definition.args
        live -= {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}
        return live | outward | self.use(*arguments.defaults, *arguments.kw_defaults)

    def block(self, statements: Sequence[ast.stmt], live: Live) -> Live:
        """Return the names live before some statements, given those live after them."""
        for statement in reversed(statements):
            live = self._before(statement, live)
        return live

    def _before(self, statement: ast.stmt, live: Live) -> Live:
        match statement:
            case ast.Return(value=value):
                return self.use(value)
            case ast.Assign(targets=targets, value=value):
                return self._assign(targets, value, live)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return self._assign([target], value, live)
            case ast.AugAssign(target=target, value=value):
                return live | self.use(target, value) if live & _changed_names(target) else live
            case ast.Expr(value=value):
                return live | self.use(value) if self._changes(value, live) else live
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                return live | self.use(*statement.decorator_list) if name in live else live
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While() | ast.With() | ast.AsyncWith():
                return self._compound(statement, live)
            case ast.Try() | ast.TryStar():
                live = self.block(statement.finalbody, live)
                before = live | self.block(statement.body, self.block(statement.orelse, live))
                return before.union(*(self.block(handler.body, live) for handler in statement.handlers))
            case ast.Match(subject=subject, cases=cases):
                before = live.union(*(self.block(case.body, live) for case in cases))
                bodies = [inner for case in cases for inner in case.body]
                guards = (case.guard for case in cases)
                return before | self.use(subject, *guards) if self._touched(bodies) else before
        walrus = {node.target.id for node in ast.walk(statement) if isinstance(node, ast.NamedExpr)}
        if walrus & live:
            return live | self.use(
                *(node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.expr))
            )
        return live

    def _assign(self, targets: list[ast.expr], value: ast.expr, live: Live) -> Live:
        for target in targets:
            pairs = _paired(target, value)
            if pairs and len(targets) == 1:
                wanted = [(one, item) for one, item in pairs if live & _changed_names(one)]
                kept = live - {one.id for one, _ in pairs if isinstance(one, ast.Name)}
                return kept.union(*(self.use(item) | self._target_reads(one) for one, item in wanted))
        if not any(live & _changed_names(target) for target in targets):
            return live
        before = live - {target.id for target in targets if isinstance(target, ast.Name)}
        return before.union(self.use(value), *(self._target_reads(target) for target in targets))

    def _target_reads(self, target: ast.expr) -> Live:
        """Return the names a target reads: `d[k] = v` reads `d` and `k`, a plain name nothing."""
        return set() if isinstance(target, ast.Name) else self.use(target)

    def _compound(self, statement: ast.stmt, live: Live) -> Live:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                before = self.block(body, set(live)) | self.block(orelse, set(live))
                heads, bound = [test], set[str]()
            case ast.For(target=target, iter=over) | ast.AsyncFor(target=target, iter=over):
                body, before = statement.body, self._loop(statement, live)
                heads, bound = [over], _changed_names(target)
            case ast.While(test=test, body=body):
                before = self._loop(statement, live)
                heads, bound = [test], set()
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                before = self.block(body, live)
                heads = [item.context_expr for item in items]
                bound = set().union(
                    *(_changed_names(item.optional_vars) for item in items if item.optional_vars)
                )
            case _:
                return live
        orelse = getattr(statement, "orelse", [])
        walrus = {
            node.target.id for head in heads for node in ast.walk(head) if isinstance(node, ast.NamedExpr)
        }
        if self._touched([*body, *orelse]) or (bound | walrus) & (live | before):
            return before | self.use(*heads)
        return before

    def _loop(self, statement: ast.For | ast.AsyncFor | ast.While, live: Live) -> Live:
        """Iterate to the fixed point: what is live after a turn is live before it, and the set only grows."""
        before = live | self.block(statement.orelse, live)
        while True:
            wider = before | self.block(statement.body, set(before))
            if wider == before:
                return before
            before = wider

    def _changes(self, value: ast.expr, live: Live) -> bool:
        """Whether a bare call may change a live name: `list.append(x)`, `fill(list)`."""
        if self.printed or not isinstance(value, ast.Call):
            return self.printed or any(isinstance(node, ast.NamedExpr) for node in ast.walk(value))
        if _is_print(value):
            return False
        names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
        called = names & set(self._functions)
        return bool(live & (names - called)) or any(
            live & _written_outside(self._functions[name]) for name in called
        )

    def _touched(self, statements: Iterable[ast.stmt]) -> bool:
        return any(
            id(node) in self._seen or isinstance(node, (ast.Return, ast.Break, ast.Continue))
            for statement in statements
            for node in ast.walk(statement)
        )


def _paired(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Split `a, b = 1, 2` into two assignments; empty for other targets."""
    if not (isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List))):
        return []
    plain = not any(isinstance(item, ast.Starred) for item in (*target.elts, *value.elts))
    if not plain or len(target.elts) != len(value.elts):
        return []
    return list(zip(target.elts, value.elts, strict=True))


def _changed_names(target: ast.expr) -> set[str]:
    """Return the names that an assignment changes: `x`, `x[0]`, `x.y`, `(x, *y)`."""
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Starred(value=value):
            return _changed_names(value)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return set[str]().union(*(_changed_names(item) for item in items))
    return set()


def _is_print(node: ast.expr) -> bool:
    """Whether an expression is a call of `print`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def _returns_value(function: Function | ast.ClassDef) -> bool:
    """Whether a call returns a value: of a class, or a function with a `return x` or a `yield`."""
    return isinstance(function, ast.ClassDef) or any(
        isinstance(node, (ast.Yield, ast.YieldFrom))
        or (isinstance(node, ast.Return) and node.value is not None)
        for node in walk_scope(function)
    )


def _written_outside(functions: Iterable[Function | ast.ClassDef]) -> set[str]:
    """Return the names that functions declare `global` or `nonlocal`."""
    return {
        name
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, (ast.Global, ast.Nonlocal))
        for name in node.names
    }
