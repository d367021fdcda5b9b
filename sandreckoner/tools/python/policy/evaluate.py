"""`eval`, `exec` and `compile` of text that comes up while a program runs, under the policy of the program.

Libraries that evaluate text on the way are made to do it here too.
"""

from __future__ import annotations

import ast
import builtins
import sys
import types
from collections.abc import Collection, Mapping
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import MARK
from sandreckoner.tools.python.policy.compiler import Mode, compile_fragment


class Compiled:
    """What `compile` gives a program: code that the policy has seen. A code object could be put together."""

    __slots__ = ("_code", "_mode")
    _code: types.CodeType
    _mode: Mode

    def __init__(self, code: types.CodeType, mode: Mode) -> None:
        object.__setattr__(self, "_code", code)
        object.__setattr__(self, "_mode", mode)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("readonly attribute")


def _frame_of_program() -> types.FrameType:
    """The frame of the program that calls; a library that calls back has names that are not the program's."""
    frame = sys._getframe(2)
    if MARK not in frame.f_builtins:
        raise RuntimeError("a library's variables are not available in the sandbox")
    return frame


def caller_globals() -> dict[str, Any]:
    """`globals`."""
    return _frame_of_program().f_globals


def caller_locals() -> Mapping[str, Any]:
    """`locals`."""
    return _frame_of_program().f_locals


class Evaluator:
    """What a program finds under the names `eval`, `exec` and `compile`."""

    def __init__(self, builtin_names: Mapping[str, Any]) -> None:
        self._builtin_names = builtin_names

    def compile(
        self,
        source: Any,
        filename: Any,
        mode: Any,
        flags: int = 0,
        dont_inherit: bool = False,
        optimize: int = -1,
    ) -> Compiled:
        """`compile`."""
        if mode not in ("eval", "exec", "single"):
            raise ValueError("compile() mode must be 'exec', 'eval' or 'single'")
        mode = "eval" if mode == "eval" else "exec"
        return Compiled(compile_fragment(_text(source), str(filename)[:200], mode), mode)

    def eval(self, source: Any, globals: Any = None, locals: Any = None, /) -> Any:
        """`eval`."""
        code = self._code(source, "eval")
        return builtins.eval(code, *self._spaces(globals, locals))  # noqa: S307  # compiled under the policy

    def exec(self, source: Any, globals: Any = None, locals: Any = None, /) -> None:
        """`exec`."""
        code = self._code(source, "exec")
        exec(code, *self._spaces(globals, locals))  # noqa: S102  # compiled under the policy

    def _code(self, source: Any, mode: Mode) -> types.CodeType:
        if type(source) is Compiled:  # no subclass: its `_code` could be any text
            return source._code
        text = _text(source)
        return compile_fragment(text.lstrip(" \t") if mode == "eval" else text, "<string>", mode)

    def _spaces(self, space: Any, more: Any) -> tuple[dict[str, Any], Any]:
        if space is None:
            frame = sys._getframe(2)
            if MARK not in frame.f_builtins:  # called back by a library
                return self._fresh(), {} if more is None else more
            return frame.f_globals, frame.f_locals if more is None else more
        if not isinstance(space, dict):
            raise TypeError("globals must be a dict")
        if "__builtins__" not in space:
            space["__builtins__"] = self._fresh()["__builtins__"]
        return space, space if more is None else more

    def _fresh(self) -> dict[str, Any]:
        return {"__builtins__": {**self._builtin_names, MARK: True}}


def _text(source: Any) -> str:
    if isinstance(source, ast.AST):
        source = ast.unparse(source)
    if not issubclass(type(source), (str, bytes)):
        raise TypeError("only text can be evaluated in the sandbox")
    return source.decode() if isinstance(source, bytes) else str.__str__(source)


class LibraryEvaluator:
    """What libraries find under these names: text under the policy, over a copy of the names they give."""

    def __init__(self, builtin_names: Mapping[str, Any]) -> None:
        self.builtin_names = builtin_names

    def compile(self, source: Any, *ignored: Any, **ignored_too: Any) -> Any:
        """Nothing yet: the text itself, so that `eval` and `exec` below see it."""
        return source

    def eval(self, source: Any, names: Mapping[str, Any] | None = None, more: Any = None) -> Any:
        """The value of an expression."""
        space = self._space(names, more)
        return builtins.eval(_compiled(source, "eval"), space)  # noqa: S307  # compiled under the policy

    def exec(self, source: Any, names: dict[str, Any] | None = None, more: Any = None) -> None:
        """Run statements; what they define lands in the innermost namespace given, as with `exec`."""
        space = self._space(names, more)
        before = dict(space)
        exec(_compiled(source, "exec"), space)  # noqa: S102  # compiled under the policy
        target = more if more is not None else names
        if target is not None:
            target.update({key: value for key, value in space.items() if before.get(key, space) is not value})

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
        return {
            "__name__": "__main__",
            "__doc__": None,
            **space,
            "__builtins__": {**self.builtin_names, MARK: True},
        }


def _compiled(source: Any, mode: Mode) -> types.CodeType:
    text = _text(source)
    return compile_fragment(text.strip() if mode == "eval" else text, "<text>", mode, of_library=True)


# Where the standard library evaluates text that may be a program's: annotations and signatures.
_STANDARD = ("typing", "inspect", "timeit", "doctest")
_PACKAGES = ("sympy", "mpmath", "scipy", "pandas", "matplotlib")


_PARSER = "sympy.parsing.sympy_parser"


def route_modules(evaluator: LibraryEvaluator, names: Collection[str]) -> None:
    """Make the libraries among some modules that evaluate text, in many places, do it through `evaluator`.

    Then `sympify("__import__('os')…")`, a symbol with a hostile name in `lambdify` and an annotation that is
    a text meet the policy.
    """
    for name in names:
        module = sys.modules.get(name)
        if module is not None and (name in _STANDARD or name.partition(".")[0] in _PACKAGES):
            for word in ("eval", "exec", "compile"):
                vars(module).setdefault(word, getattr(evaluator, word))
    if _PARSER in names and _PARSER in sys.modules:
        parser = vars(sys.modules[_PARSER])
        rewrite = parser["evaluateFalse"]
        parser["evaluateFalse"] = lambda text: ast.unparse(rewrite(text))
        # parse_expr hands all functions of this module to the program's own transformations.
        parser["builtins"] = types.SimpleNamespace(**evaluator.builtin_names)
