"""The globals of a program: its builtins, and `eval` of text under the same policy.

Libraries that evaluate text on the way are made to do it here too.
"""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import ast
import builtins
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import GUARD_GETATTR, GUARD_STORE
from sandreckoner.tools.python.policy.attributes import (
    guarded_delattr,
    guarded_dir,
    guarded_getattr,
    guarded_hasattr,
    guarded_setattr,
    guarded_vars,
    owner_of,
)
from sandreckoner.tools.python.policy.classes import Type, guarded_build_class
from sandreckoner.tools.python.policy.compiler import Mode, compile_fragment


def namespace(builtin_names: Mapping[str, Any], name: str = "__main__") -> dict[str, Any]:
    """Globals for code that the policy compiled."""
    return {
        "__builtins__": dict(builtin_names),
        "__name__": name,
        "__doc__": None,
        GUARD_GETATTR: guarded_getattr,
        GUARD_STORE: owner_of,
    }


class Evaluator:
    """`eval`, `exec` and `compile` for text that comes up while a program runs."""

    def __init__(self, builtin_names: Mapping[str, Any]) -> None:
        self.builtin_names = builtin_names

    def compile(self, source: Any, *ignored: Any, **ignored_too: Any) -> Any:
        """Nothing yet: the text itself, so that `eval` and `exec` below see it."""
        return source

    def eval(self, source: Any, names: Mapping[str, Any] | None = None, more: Any = None) -> Any:
        """The value of an expression; like the builtin, it sees the caller's names where none are given."""
        if names is None:
            caller = sys._getframe(1)
            # Called back by a library, the caller is that library, whose names are not the program's.
            if GUARD_GETATTR in caller.f_globals:
                names, more = caller.f_globals, caller.f_locals
        space = self._space(names, more)
        return builtins.eval(self._code(source, "eval"), space)  # noqa: S307  # compiled under the policy

    def exec(self, source: Any, names: dict[str, Any] | None = None, more: Any = None) -> None:
        """Run statements; what they define lands in the innermost namespace given, as with `exec`."""
        space = self._space(names, more)
        before = dict(space)
        exec(self._code(source, "exec"), space)  # noqa: S102  # compiled under the policy
        target = more if more is not None else names
        if target is not None:
            target.update({key: value for key, value in space.items() if before.get(key, space) is not value})

    def _code(self, source: Any, mode: Mode) -> types.CodeType:
        if not issubclass(type(source), (str, bytes)):
            raise TypeError("only text can be evaluated in the sandbox")
        text = source.decode() if isinstance(source, bytes) else str.__str__(source)
        return compile_fragment(text.strip() if mode == "eval" else text, "<text>", mode)

    def _space(self, *layers: Mapping[str, Any] | None) -> dict[str, Any]:
        """Fresh globals: a mapping of the program's can neither bring builtins nor replace a guard."""
        space: dict[str, Any] = {}
        for layer in layers:
            for key, value in dict(layer or {}).items():
                # parse_expr brings all builtin functions along, `open` among them: ours come below.
                ours = type(key) is str and key.isidentifier() and vars(builtins).get(key, space) is not value
                if ours and type(value) is not types.ModuleType:
                    space[key] = value
        space.pop("__builtins__", None)
        return {**space, **namespace(self.builtin_names)}


def route_libraries(evaluator: Evaluator) -> None:
    """Make sympy, mpmath and scipy, which evaluate text in many places, do it through `evaluator`.

    Then `sympify("__import__('os')…")` and a symbol with a hostile name in `lambdify` meet the policy.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("sympy", "mpmath", "scipy") and module is not None:
            for word in ("eval", "exec", "compile"):
                vars(module).setdefault(word, getattr(evaluator, word))
    parser = sys.modules.get("sympy.parsing.sympy_parser")
    if parser is not None:
        rewrite = vars(parser)["evaluateFalse"]
        vars(parser)["evaluateFalse"] = lambda text: ast.unparse(rewrite(text))
        # parse_expr hands all functions of this module to the program's own transformations.
        vars(parser)["builtins"] = types.SimpleNamespace(**evaluator.builtin_names)


_AS_THEY_ARE = """
    abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate
    filter float format frozenset hash hex id int isinstance issubclass iter len list map max memoryview
    min next object oct ord pow print property range repr reversed round set slice sorted staticmethod
    str sum super tuple zip Ellipsis NotImplemented None True False __debug__
""".split()
# except* and groups reach tracebacks (CVE-2025-22153 and its kin).
_NO_EXCEPTIONS = {"BaseExceptionGroup", "ExceptionGroup"}

_MISSING = {
    "open": "there are no files in the sandbox; give the data as inputs",
    "input": "there is nobody to ask in the sandbox; give the data as inputs",
    "exec": "write the statements into the program itself",
    "compile": "write the statements into the program itself",
    "__import__": "use an import statement",
    "globals": "use the variables themselves",
    "locals": "use the variables themselves",
    "breakpoint": "there is no debugger in the sandbox; use print",
    "help": "there is no pager in the sandbox",
}


def _missing(name: str, advice: str) -> Callable[..., Any]:
    def unavailable(*args: Any, **keywords: Any) -> Any:
        raise NameError(f"{name}() is not available in the sandbox: {advice}")

    return unavailable


def leave(code: object = None) -> None:
    """`exit` and `quit`: the program ends here, as it would in a script."""
    raise SystemExit(code)


def program_builtins(guarded_import: Callable[..., Any]) -> dict[str, Any]:
    """Everything that a program finds without importing it."""
    names = {name: getattr(builtins, name) for name in _AS_THEY_ARE}
    names |= {
        name: value
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException) and name not in _NO_EXCEPTIONS
    }
    names.update({name: _missing(name, advice) for name, advice in _MISSING.items()})
    names.update(
        getattr=guarded_getattr,
        hasattr=guarded_hasattr,
        setattr=guarded_setattr,
        delattr=guarded_delattr,
        dir=guarded_dir,
        vars=guarded_vars,
        type=Type,
        __build_class__=guarded_build_class,
        __import__=guarded_import,
    )
    names["exit"] = names["quit"] = leave
    names["eval"] = Evaluator(names).eval
    return names
