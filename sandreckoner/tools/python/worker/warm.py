"""Prepares a zygote so that its children are cheap: imports, exercises, globals, large pages."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import io
import os
import sys
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from sandreckoner.tools.python.kernel.call import gather_pages
from sandreckoner.tools.python.policy.evaluate import LibraryEvaluator, route_modules
from sandreckoner.tools.python.policy.facades import Facades
from sandreckoner.tools.python.policy.libraries import guard_late, guard_libraries
from sandreckoner.tools.python.policy.modules import (
    ARRAYS,
    DATES,
    SCIENCE,
    SCIPY,
    STANDARD,
    SYMPY_MORE,
    TABLES,
    WIDE,
    Selection,
)
from sandreckoner.tools.python.policy.program_globals import namespace, program_builtins
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
    own = {name: Selection(only=frozenset(names), exact=True) for name, names in own_modules.items()}
    selections = {**late_modules(tier), **warm(tier, list(own)), **own}
    repeatable.settle()
    if not restrict:
        return {"__name__": "__main__"}
    replacements = {name: dict(names) for name, names in REPLACEMENTS.items()}
    for name, names in repeatable.replacements().items():
        replacements.setdefault(name, {}).update(names)
    if "asyncio" in selections:
        replacements["asyncio"] = dict(importlib.import_module(_LOOP).ASYNCIO)
    facades = Facades(selections, replacements)
    replacements.setdefault("importlib", {})["import_module"] = facades.import_module
    builtin_names = replacements["builtins"] = program_builtins(facades.guarded_import)
    facades.build_loaded()
    evaluator = LibraryEvaluator(builtin_names)
    route_modules(evaluator, list(sys.modules))
    guard_libraries(own)

    def guard(modules: Collection[str]) -> None:
        route_modules(evaluator, modules)
        guard_late(modules)
        repeatable.reseed_late(modules)

    facades.allow_late_imports(guard)
    return namespace(builtin_names)


_LOOP = "sandreckoner.tools.python.policy.computing_loop"  # brings all of asyncio

# Imported late by others: their files, or the right to map their code, are out of reach by then.
_HIDDEN = """
    _strptime encodings.idna encodings.latin_1 encodings.utf_16 encodings.cp437 locale linecache _pydecimal
    dateutil.tz dateutil.zoneinfo bisect struct _codecs_jp _codecs_cn _codecs_kr _codecs_hk _codecs_tw
    _codecs_iso2022 _multibytecodec _elementtree pyexpat _hashlib _blake2 _sha3 _md5 _sha1 _sha2
    _sha256 _sha512
    _csv _json _pickle _lsprof _zoneinfo _statistics _random _heapq _bisect _queue _opcode _uuid
    encodings.rot_13 encodings.punycode encodings.utf_7 encodings.utf_32 encodings.cp1252
    encodings.unicode_escape
""".split()


def modules_of(tier: str) -> dict[str, Selection]:
    """What programs of a tier find imported: `standard`, `wide` (numpy), `science` (sympy), `full` (scipy),
    `tables` (pandas, matplotlib).
    """
    selections = {**STANDARD, **DATES}
    if tier != "standard":
        selections.update({**WIDE, **ARRAYS})
    if tier in ("science", "full", "tables"):
        selections.update(SCIENCE)
    if tier in ("full", "tables"):
        selections.update(SCIPY)
    if tier == "tables":
        selections.update(TABLES)
    return selections


def late_modules(tier: str) -> dict[str, Selection]:
    """What programs of a tier may import though it takes them a second: sessions begin in the light tiers.

    The code of the extensions is mapped into this process, and found there again: the right to map code is
    gone by then.
    """
    if tier not in ("wide", "science"):
        return {}
    found: dict[str, Selection] = {}
    for package, selections in (("sympy", SCIENCE), ("scipy", SCIPY)):
        if importlib.util.find_spec(package) is not None:
            found.update(selections)
    for name in ("gmpy2", "flint"):  # of which sympy and mpmath make use
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for file in _extensions_of("scipy").values():
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(file), mode=os.RTLD_NOW)
    return found


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
        for name in SYMPY_MORE if "sympy" in found and "scipy" in found else ():
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        for package in ("scipy", "pandas", "matplotlib"):
            if package in found:
                _load_extensions(package)
        for exercise in _EXERCISES.get(tier, ()):
            with contextlib.suppress(ImportError):
                exercise()
    return found


def _load_extensions(package: str) -> None:
    """Load what a library would load when it is first used: the right to map code is gone by then."""
    for name in _extensions_of(package):
        # Where its package was not imported, nothing that a program can import needs it.
        if name.rpartition(".")[0] in sys.modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _extensions_of(package: str) -> dict[str, Path]:
    """The extension modules of a package that is installed, and their files."""
    spec = importlib.util.find_spec(package)
    found = {}
    for folder in (spec and spec.submodule_search_locations) or ():
        for file in sorted(Path(folder).rglob(f"*{EXTENSION_SUFFIXES[0]}")):
            parts = file.relative_to(folder).parts
            name = ".".join((package, *parts[:-1], parts[-1].removesuffix(EXTENSION_SUFFIXES[0])))
            if not any(part.lstrip("_").startswith("test") for part in parts):
                found[name] = file
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


def _exercise_pandas() -> None:
    pandas = importlib.import_module("pandas")
    table = pandas.read_csv(io.StringIO("a,b\n1,x\n2,y\n"), parse_dates=False)
    repr(table.groupby("b").agg({"a": "sum"}).describe())
    table.to_json()
    table.query("a > 1")
    pandas.to_datetime(["2024-01-01"]).strftime("%d")
    importlib.import_module("pandas.testing")


def _exercise_matplotlib() -> None:
    importlib.import_module("matplotlib").use("agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots()
    axes.plot([1, 2], [3, 4], label="a $x^2$")
    axes.legend()
    for form in ("png", "svg"):
        figure.savefig(io.BytesIO(), format=form)
    pyplot.close("all")
    manager = importlib.import_module("matplotlib.font_manager")
    # A font is read from its file as its letters are needed, and a child has none of our descriptors.
    manager._get_font.cache_clear()


_EXERCISES: Mapping[str, Sequence[Callable[[], None]]] = {
    "wide": (_exercise_numpy,),
    "science": (_exercise_numpy, _exercise_sympy),
    "full": (_exercise_numpy, _exercise_sympy, _exercise_scipy),
    "tables": (_exercise_numpy, _exercise_sympy, _exercise_scipy, _exercise_pandas, _exercise_matplotlib),
}


_LARGE = 2 << 20


class Heap:
    """The memory of this process that large pages could hold, as far as it is mapped now.

    A fork copies an entry for each page in use, and with large ones there are 512 times fewer.
    """

    def __init__(self) -> None:
        try:
            maps = Path("/proc/self/maps").read_text().split("\n")
        except OSError:
            maps = []
        self._rest = [start for line in maps for start in _large_pieces(line)]

    def gather_one(self) -> bool:
        """Move one more piece, a millisecond's work; False when none is left."""
        if not self._rest:
            return False
        # A piece that is hardly used, or a kernel before 6.1: then it stays as it is.
        with contextlib.suppress(OSError):
            gather_pages(self._rest.pop(), _LARGE)
        return True


def _large_pieces(mapping: str) -> range:
    """Where a line of /proc/self/maps has room for large pages, each aligned; none in a file's memory."""
    fields = mapping.split()
    if len(fields) < 2 or not fields[1].startswith("rw") or fields[5:] not in ([], ["[heap]"]):
        return range(0)
    start, end = (int(address, 16) for address in fields[0].split("-"))
    return range(-(-start // _LARGE) * _LARGE, end - _LARGE + 1, _LARGE)
