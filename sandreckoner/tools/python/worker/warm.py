"""What a zygote imports and exercises before its first child, and the globals of its programs."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import contextlib
import gc
import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandreckoner.tools.python.policy.builtins import program_builtins
from sandreckoner.tools.python.policy.evaluate import Evaluator, namespace, route_libraries
from sandreckoner.tools.python.policy.facades import Facades
from sandreckoner.tools.python.policy.libraries import guard_libraries
from sandreckoner.tools.python.policy.modules import DATES, SCIENCE, SCIPY, STANDARD, Selection
from sandreckoner.tools.python.policy.replacements import REPLACEMENTS
from sandreckoner.tools.python.worker.repeat import Repeatable


def prepare_names(
    tier: str, own_modules: Mapping[str, Sequence[str]], repeatable: Repeatable, *, restrict: bool
) -> dict[str, Any]:
    """Import what a tier offers, and raise the language wall around it.

    Args:
        tier: see `warm.modules_of`.
        own_modules: further modules, each with the names that programs see of it.
        repeatable: the seed and the clock.
        restrict: False gives a plain namespace, to test the other walls without this one.
    """
    own = {name: Selection(only=frozenset(names)) for name, names in own_modules.items()}
    selections = {**warm(tier, list(own)), **own}
    if not restrict:
        return {"__name__": "__main__"}
    replacements = {name: dict(names) for name, names in REPLACEMENTS.items()}
    for name, names in repeatable.replacements().items():
        replacements.setdefault(name, {}).update(names)
    facades = Facades(selections, replacements)
    builtin_names = program_builtins(facades.guarded_import)
    facades.build_loaded()
    route_libraries(Evaluator(builtin_names))
    guard_libraries(own)
    return namespace(builtin_names)


# Imported late by others: their files, or the right to map their code, are out of reach by then.
_HIDDEN = """
    _strptime encodings.idna encodings.latin_1 encodings.utf_16 encodings.cp437 locale linecache _pydecimal
    dateutil.tz dateutil.zoneinfo bisect struct
""".split()


def modules_of(tier: str) -> dict[str, Selection]:
    """What programs of a tier may import: `standard`, `science` (and sympy, numpy), `full` (and scipy)."""
    selections = {**STANDARD, **DATES}
    if tier in ("science", "full"):
        selections.update(SCIENCE)
    if tier == "full":
        selections.update(SCIPY)
    return selections


def warm(tier: str, own_modules: Sequence[str]) -> dict[str, Selection]:
    """Import everything that a tier offers.

    Returns:
        The selections whose modules are installed.
    """
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*_HIDDEN, *own_modules):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        for name, selection in modules_of(tier).items():
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
                found[name] = selection
        for exercise in _EXERCISES.get(tier, ()):
            with contextlib.suppress(ImportError):
                exercise()
    return found


def freeze() -> None:
    """Put everything made so far out of the collector's reach: it would touch, and so copy, every page."""
    gc.collect()
    gc.freeze()


def _exercise_sympy() -> None:
    sympy = importlib.import_module("sympy")
    x = sympy.Symbol("x")
    y = sympy.Symbol("y")
    for equation in (x**2 - 1, x**2 + 3 * x - 10, x**2 + x - 1, 2 * x - 7):
        sympy.solve(equation, x)
    sympy.solve([x + 2 * y - 8, x - y + 1], [x, y])
    sympy.expand((x + 1) ** 2)
    sympy.factor(x**2 + 2 * x + 1)
    sympy.diff(x**3, x)
    sympy.integrate(x**2, x)
    sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2)
    sympy.sympify("x + 1")
    sympy.latex(x)
    for target in ("math", "mpmath", "numpy", "sympy"):
        sympy.lambdify(x, sympy.sin(x), target)


def _exercise_numpy() -> None:
    numpy = importlib.import_module("numpy")

    numpy.linalg.solve(numpy.eye(2), numpy.ones(2))
    repr(numpy.arange(3.0))
    numpy.random.default_rng()


def _exercise_scipy() -> None:
    sympy = importlib.import_module("sympy")
    importlib.import_module("scipy.optimize").brentq(lambda x: x - 1, 0, 3)
    x = sympy.Symbol("x")
    sympy.lambdify(x, sympy.gamma(x), "scipy")


_EXERCISES: Mapping[str, Sequence[Callable[[], None]]] = {
    "science": (_exercise_numpy, _exercise_sympy),
    "full": (_exercise_numpy, _exercise_sympy, _exercise_scipy),
}
