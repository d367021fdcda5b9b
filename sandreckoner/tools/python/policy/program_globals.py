"""The globals of a program: its builtins, and `eval` of text under the same policy."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import MARK
from sandreckoner.tools.python.policy.attributes import (
    guarded_delattr,
    guarded_dir,
    guarded_getattr,
    guarded_hasattr,
    guarded_setattr,
    guarded_vars,
)
from sandreckoner.tools.python.policy.classes import Type, guarded_build_class
from sandreckoner.tools.python.policy.evaluate import Evaluator, caller_globals, caller_locals
from sandreckoner.tools.python.policy.input_files import guarded_open


def namespace(builtin_names: Mapping[str, Any], name: str = "__main__") -> dict[str, Any]:
    """Globals for code that the policy compiled."""
    return {"__builtins__": {**builtin_names, MARK: True}, "__name__": name, "__doc__": None}


_AS_THEY_ARE = """
    abs aiter all anext any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod
    enumerate filter float format frozenset hash hex id int isinstance issubclass iter len list map max
    memoryview min next object oct ord pow print property range repr reversed round set slice sorted
    staticmethod str sum super tuple zip Ellipsis NotImplemented None True False __debug__
""".split()

_MISSING = {
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


def read_line(prompt: object = "") -> str:
    """`input`: standard input is at its end."""
    sys.stdout.write(str(prompt))
    raise EOFError("EOF when reading a line: there is nobody to ask in the sandbox; give the data as inputs")


def _builtin(name: str, least: int, most: int, guarded: Callable[..., Any]) -> Callable[..., Any]:
    """The guarded function under the name of the builtin, with its words for a wrong number of arguments."""

    def builtin(*arguments: Any, **keywords: Any) -> Any:
        if keywords:
            raise TypeError(f"{name}() takes no keyword arguments")
        if not least <= len(arguments) <= most:
            bound = "" if least == most else "at least " if len(arguments) < least else "at most "
            count = least if len(arguments) < least else most
            raise TypeError(f"{name} expected {bound}{count} arguments, got {len(arguments)}")
        return guarded(*arguments)

    builtin.__name__ = builtin.__qualname__ = name
    return builtin


def program_builtins(guarded_import: Callable[..., Any]) -> dict[str, Any]:
    """Everything that a program finds without importing it."""
    names = {name: getattr(builtins, name) for name in _AS_THEY_ARE}
    names |= {
        name: value
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    names.update({name: _missing(name, advice) for name, advice in _MISSING.items()})
    names.update(
        getattr=_builtin("getattr", 2, 3, guarded_getattr),
        hasattr=_builtin("hasattr", 2, 2, guarded_hasattr),
        setattr=_builtin("setattr", 3, 3, guarded_setattr),
        delattr=_builtin("delattr", 2, 2, guarded_delattr),
        dir=guarded_dir,
        vars=guarded_vars,
        globals=caller_globals,
        locals=caller_locals,
        input=read_line,
        open=guarded_open,
        type=Type,
        __build_class__=guarded_build_class,
        __import__=guarded_import,
    )
    names["exit"] = names["quit"] = leave
    names["__name__"] = "builtins"  # of whoever runs code over a dictionary that has no name
    evaluator = Evaluator(names)
    names.update(eval=evaluator.eval, exec=evaluator.exec, compile=evaluator.compile)
    return names
