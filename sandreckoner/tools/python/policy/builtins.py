"""The builtins of a program."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from sandreckoner.tools.python.policy.attributes import (
    guarded_delattr,
    guarded_dir,
    guarded_getattr,
    guarded_hasattr,
    guarded_setattr,
    guarded_vars,
)
from sandreckoner.tools.python.policy.classes import Type, guarded_build_class
from sandreckoner.tools.python.policy.evaluate import Evaluator

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
