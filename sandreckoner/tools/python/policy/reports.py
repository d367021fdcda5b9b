"""`traceback`, `atexit` and `unittest.main` for programs."""

from __future__ import annotations

import sys
import traceback
import types
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import MARK
from sandreckoner.tools.python.policy.own_things import Traceback, real_traceback

_endings: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []


def at_exit(function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Callable[..., Any]:
    """`atexit.register`."""
    _endings.append((function, args, keywords))
    return function


def not_at_exit(function: Callable[..., Any], /) -> None:
    """`atexit.unregister`."""
    _endings[:] = [ending for ending in _endings if ending[0] != function]


def end() -> None:
    """Call what the program wanted called at its end, the last first."""
    while _endings:
        function, args, keywords = _endings.pop()
        function(*args, **keywords)


def _real(value: Any) -> Any:
    return real_traceback(value) if type(value) is Traceback else value


def _with_real_tracebacks(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any, **keywords: Any) -> Any:
        return function(*map(_real, args), **{name: _real(value) for name, value in keywords.items()})

    called.__name__ = called.__qualname__ = function.__name__
    called.__doc__ = function.__doc__
    return called


def format_exc(limit: int | None = None, chain: bool = True) -> str:
    """`traceback.format_exc`."""
    return "".join(traceback.format_exception(*sys.exc_info(), limit=limit, chain=chain))


def print_exc(limit: int | None = None, file: Any = None, chain: bool = True) -> None:
    """`traceback.print_exc`."""
    print(format_exc(limit, chain), end="", file=sys.stderr if file is None else file)


TRACEBACK: Mapping[str, Any] = {
    **{
        name: _with_real_tracebacks(getattr(traceback, name))
        for name in (
            *("format_exception", "format_exception_only", "print_exception", "format_tb", "print_tb"),
            *("extract_tb", "format_list", "print_list"),
        )
    },
    "format_exc": format_exc,
    "print_exc": print_exc,
}


def run_tests(
    module: Any = None, *ignored: Any, exit: bool = True, **options: Any
) -> Any:  # fmt: skip
    """`unittest.main`: runs the test cases that are variables of the caller."""
    import unittest

    frame = sys._getframe(1)
    if MARK not in frame.f_builtins:
        raise RuntimeError("unittest.main() is for programs")
    suite = unittest.TestSuite()
    for value in list(frame.f_globals.values()):
        if isinstance(value, type) and issubclass(value, unittest.TestCase):
            suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(value))
    result = unittest.TextTestRunner(verbosity=options.get("verbosity", 1)).run(suite)
    if exit:
        raise SystemExit(not result.wasSuccessful())
    return types.SimpleNamespace(result=result)
